/** Owns requests: what is asked, of whom, how its answer is taken, and that somebody may not wait for it. */
import { Cause, Effect, Exit, type Fiber, Option, Stream } from "effect"
import type { Frame } from "../../src/core/run/Frames.ts"
import { type RunResult, Runs } from "../../src/core/run/Runs.ts"
import type { Rest, RunRequest } from "../../src/core/run/Request.ts"
import { Sessions, type TurnResult } from "../../src/core/session/Sessions.ts"
import { Content } from "../../src/domain/Content.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Principal, type SessionId } from "../../src/domain/Ids.ts"
import type { Request, Told } from "./Model.ts"
import { type Oracle, principals } from "./Oracle.ts"
import type { Bugs, Process, World } from "./World.ts"

/** How a request came to rest; null when whoever asked went away. */
type Came = Rest | null

export class Asking {
  readonly #world: World
  readonly #oracle: Oracle
  readonly #asking = new Map<Request, Fiber.Fiber<unknown, unknown>>()

  constructor(world: World, oracle: Oracle) {
    this.#world = world
    this.#oracle = oracle
  }

  cancel(): void {
    const { chance, loop } = this.#world
    const open = [...this.#asking].filter(([request]) => request.told === null)
    const [request, fiber] = open[chance.below(open.length)] ?? []
    const process = this.#world.processes.find(({ host }) => host.name === request?.process)
    if (!request || !fiber || !process) return
    request.disturbed = true
    loop.post(process.host, () => fiber.interruptUnsafe())
  }

  ask(process: Process, session: SessionId | null): void {
    const request = this.draw(process, session)
    const fiber = this.#world.start(process, this.#program(request))
    this.#asking.set(request, fiber)
    fiber.addObserver((exit) => this.#oracle.told(request, toldOf(exit, this.#world.bugs)))
  }

  /** What is to be asked next. */
  draw(process: Process, session: SessionId | null, isWhole = false): Request {
    const { chance } = this.#world
    const number = this.#oracle.requests.length
    const isLong = chance.percent(4)
    const isAlways = session !== null && this.#oracle.sittings.minutes.get(session)?.audit === true
    const request: Request = {
      number,
      process: process.host.name,
      principal: chance.pick(principals),
      mode: chance.weighted({ executor: 60, solo: 25, mirror: 15 }),
      audit: chance.percent(45) || isAlways,
      prompt: `«${number}» ${"long ".repeat(isLong ? 5_000 : chance.below(900))}`,
      file: chance.percent(20) ? `attached to ${number}` : null,
      session,
      style: isWhole ? "whole" : chance.pick(["whole", "watched", "frames"]),
      health: chance.percent(20),
      disturbed: false,
      slow: false,
      overBudget: false,
      stream: null,
      told: null,
      taken: []
    }
    this.#oracle.requests.push(request)
    const where = session === null ? "" : ` in ${session.slice(-4)}`
    this.#oracle.note(
      `${request.process} is asked ${number}${where}: ${request.mode}${request.audit ? " audited" : ""} ${request.style}`
    )
    return request
  }

  #program(request: Request): Effect.Effect<Came, RuntimeFailure, Runs | Sessions> {
    const { chance } = this.#world
    const asked = askedBy(request)
    const { session } = request
    const wait = request.style !== "whole" && chance.percent(25) ? chance.pick([1, 800, 30_001]) : 0
    if (wait > 0) request.slow = true
    const take = (text: string) =>
      Effect.andThen(
        wait > 0 ? Effect.sleep(wait) : Effect.void,
        Effect.sync(() => this.#oracle.took(request, text))
      )
    switch (request.style) {
      case "whole":
        return session === null
          ? Runs.use((runs) => Effect.map(runs.run(asked), released))
          : Sessions.use((sessions) => Effect.map(sessions.turn(session, asked), ({ rest }) => rest))
      case "watched": {
        const watcher = {
          accepted: () => Effect.void,
          outlet: ({ text }: { readonly text: string }) => take(text)
        }
        return session === null
          ? Runs.use((runs) => Effect.map(runs.run(asked, watcher), released))
          : Sessions.use((sessions) => Effect.map(sessions.turn(session, asked, watcher), ({ rest }) => rest))
      }
      case "frames": {
        const most = chance.percent(15) ? 1 + chance.below(3) : Infinity
        if (most !== Infinity) request.disturbed = true
        const followed: Stream.Stream<
          Frame<RunResult | TurnResult>,
          RuntimeFailure,
          Runs | Sessions
        > = session === null
          ? Stream.unwrap(Runs.use((runs) => Effect.succeed(runs.stream(asked))))
          : Stream.unwrap(Sessions.use((sessions) => Effect.succeed(sessions.stream(session, asked))))
        let came: Came = null
        return followed.pipe(
          Stream.take(most),
          Stream.runForEach((frame) => {
            if (frame._tag === "Finished") {
              came = "rest" in frame.result ? frame.result.rest : released(frame.result)
            }
            return frame._tag === "Chunk" ? take(frame.chunk.text) : Effect.void
          }),
          Effect.map(() => came)
        )
      }
    }
  }
}

const released = (result: {
  readonly released: (Rest & { readonly _tag: "Released" })["released"]
}): Rest => ({
  _tag: "Released",
  released: result.released
})

/** The same as the runtime is asked it. */
export const askedBy = ({ mode, prompt, audit, principal, file, health }: Request): RunRequest =>
  Runs.request(mode, prompt, {
    audit,
    principal: Principal.make(principal),
    file: file === null ? null : Content.of(file),
    checks: { constellation: true, health }
  })

export const restOf = (rest: Rest, { shown }: Bugs): Told => {
  if (rest._tag === "Held") return { _tag: "Held" }
  const { text, receipt } = rest.released
  return { _tag: "Released", text: shown ? shown(text) : text, receipt }
}

const toldOf = (exit: Exit.Exit<Came, RuntimeFailure>, bugs: Bugs): Told => {
  if (Exit.isSuccess(exit)) return exit.value === null ? { _tag: "Left" } : restOf(exit.value, bugs)
  const failed = Option.getOrNull(Exit.findErrorOption(exit))
  if (failed) return { _tag: "Failed", code: failed.code }
  return Cause.hasInterruptsOnly(exit.cause)
    ? { _tag: "Interrupted" }
    : { _tag: "Defect", what: Cause.pretty(exit.cause) }
}
