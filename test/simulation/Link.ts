/**
 * Owns the way from a process to the journal it shares with others, and everything that can happen on it: delay, a
 * refusal, an answer that is lost, a death before or after the write.
 */
import { Effect, Exit, Option } from "effect"
import { type Code, failure, type RuntimeFailure } from "../../src/domain/Failure.ts"
import { type StreamId, Timestamp } from "../../src/domain/Ids.ts"
import type { Commit, Committed, Journal, StreamInfo } from "../../src/ports/Journal.ts"
import type { Process, World } from "./World.ts"

/** `lost`: written, but the answer says otherwise. */
type Fault = "none" | "busy" | "full" | "away" | "lost" | "dies before" | "dies after"

const weights = { busy: 30, full: 10, away: 10, lost: 20, "dies before": 15, "dies after": 15 }

const refusals: Readonly<Partial<Record<Fault, Code>>> = {
  busy: "JOURNAL_BUSY",
  full: "JOURNAL_FULL",
  away: "JOURNAL_UNAVAILABLE"
}

const unavailable = () => Effect.fail(failure("JOURNAL_UNAVAILABLE", "setup"))
const conflict = () => Effect.fail(failure("JOURNAL_CONFLICT", "setup"))

export const link = (world: World, process: Process): Journal["Service"] => {
  const { chance, loop, store } = world

  const fault = (): Fault => {
    if (!process.isFaulty || !chance.percent(world.faults)) return "none"
    const drawn = chance.weighted(weights)
    world.disturb(process, `journal ${drawn}`)
    return drawn
  }
  const later = (run: () => void) => {
    if (chance.percent(10)) loop.after(process.host, chance.below(3_000), run)
    else loop.post(process.host, run)
  }

  /** Asks the store from afar. `seen` is told what became durable before anybody else is. */
  const ask = <A>(
    work: () => Effect.Effect<A, RuntimeFailure>,
    seen: (exit: Exit.Exit<A, RuntimeFailure>) => void = () => {}
  ) =>
    Effect.callback<A, RuntimeFailure>((resume) => {
      const happens = fault()
      later(() => {
        const refusal = refusals[happens]
        if (refusal) return later(() => resume(Effect.fail(failure(refusal, "setup"))))
        if (happens === "dies before") return world.crash(process)
        loop.start(world.host, work()).addObserver((exit) => {
          seen(exit)
          if (happens === "dies after") return world.crash(process)
          later(() => resume(happens === "lost" ? unavailable() : exit))
        })
      })
    })

  const commit = (wanted: Commit) =>
    ask(
      () => {
        const changed = world.bugs.commit ? world.bugs.commit(wanted, store) : wanted
        return changed === null ? Effect.succeed(forged(wanted)) : store.commit(changed)
      },
      (exit) => world.committed(process, wanted, exit)
    ).pipe(Effect.uninterruptible)

  const seen = (info: StreamInfo): StreamInfo => {
    const owner = world.ownerOf(info.stream)
    return {
      ...info,
      owner: owner?.id ?? info.owner,
      alive: (owner?.isAlive ?? false) && !world.bugs.adoptsLiving
    }
  }

  return {
    owner: process.id,
    commit,
    head: ask(() => store.head),
    read: (stream, after, to) => ask(() => store.read(stream, after ?? 0, to ?? Infinity)),
    scan: (after, limit) => ask(() => store.scan(after, limit)),
    follow: store.follow,
    followAll: store.followAll,
    streams: (filter) => ask(() => Effect.map(store.streams(filter), (infos) => infos.map(seen))),
    info: (stream) => ask(() => Effect.map(store.info(stream), Option.map(seen))),
    ends: (stream) =>
      ask(() =>
        Effect.map(
          store.ends(stream),
          Option.map((ends) => ({ ...ends, info: seen(ends.info) }))
        )
      ),
    sealed: (stream, id) => ask(() => store.sealed(stream, id)),
    key: (stream) => ask(() => store.key(stream)),
    spending: (from) => ask(() => store.spending(from)),
    claimed: (key) => ask(() => store.claimed(key)),
    scrub: ask(() => store.scrub),
    adopt: (stream: StreamId) =>
      ask(() =>
        Effect.suspend(() => {
          const owner = world.ownerOf(stream)
          if (owner === undefined || (owner.isAlive && !world.bugs.adoptsLiving)) return conflict()
          world.owners.set(stream, process)
          return Effect.void
        })
      ),
    backup: store.backup
  }
}

/** The answer to a commit that was never made. */
const forged = ({ appends }: Commit): Committed => ({
  position: 1,
  sequences: appends.map(({ expected, events }) => expected + events.length),
  at: Timestamp.make(0)
})
