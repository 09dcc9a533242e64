/**
 * Owns a process of its own that runs a runbook over a folder, or goes on with the one that is there, for tests that kill it:
 * `node runbookChild.ts DIRECTORY AUDIT [POINT NUMBER before|after]`. It dies at the moment of that name and number, counted
 * from 0 in its own life.
 */
import { Effect, Layer, Option } from "effect"
import type { Pass } from "../../src/adapters/WritePoint.ts"
import { Replays } from "../../src/core/replay/Replays.ts"
import { Runbooks } from "../../src/core/runbook/Runbooks.ts"
import { RUNBOOK_PREFIX } from "../../src/domain/Ids.ts"
import { Capabilities } from "../../src/ports/Capability.ts"
import { type Commit, Journal } from "../../src/ports/Journal.ts"
import { scene } from "./coreScene.ts"
import { by, working } from "./runbookScene.ts"
import { tell } from "./tell.ts"
import { twentySteps, workStart } from "./twentySteps.ts"

/** A commit by what it is of, or a call of a model or a capability. */
export type Point =
  | "started"
  | "resumed"
  | "intent"
  | "paid"
  | "end"
  | "lost"
  | "other"
  | "call"
  | "capability"

/** What a line of it says at its end. */
export interface Done {
  readonly done: string
}

const [directory = "", audit, point, number, side = "before"] = process.argv.slice(2)

const kindOf = ({ appends }: Commit): Point => {
  const events = appends.flatMap((append) => append.events)
  const has = (tag: string) => events.some(({ _tag }) => _tag === tag)
  if (has("RunbookStarted")) return "started"
  if (has("RunbookResumed")) return "resumed"
  if (has("CallIntended")) return "intent"
  if (events.some((event) => event._tag === "CallSettled" && event.outcome === "indeterminate")) return "lost"
  if (has("StepEnded")) return "end"
  return has("CallSettled") ? "paid" : "other"
}

const passed = new Map<Point, number>()
let committing: Point = "other"

/** Dies if this is the moment. */
const at = <A>(where: Point, act: () => A): A => {
  const count = passed.get(where) ?? 0
  passed.set(where, count + 1)
  const here = where === point && count === Number(number)
  if (here && side === "before") process.kill(process.pid, "SIGKILL")
  const result = act()
  if (here) process.kill(process.pid, "SIGKILL")
  return result
}

const dying: Pass = (where, act) => (where === "commit" ? at(committing, act) : act())

const capable = Layer.effect(
  Capabilities,
  Effect.map(Capabilities, (inner) =>
    Capabilities.of({
      ...inner,
      invoke: (id, payload) =>
        Effect.suspend(() => {
          tell({ _tag: "invoked" })
          return at("capability", () => inner.invoke(id, payload))
        })
    })
  )
).pipe(Layer.provide(working().capabilities))

const layer = scene({
  directory,
  tell: (told) => {
    tell(told)
    if (told._tag === "called") at("call", () => {})
  },
  at: dying,
  committing: (commit) => {
    committing = kindOf(commit)
  },
  capable
})

const go = Effect.gen(function* () {
  const journal = yield* Journal
  const filter = { prefix: RUNBOOK_PREFIX, openOnly: false, before: null, limit: 1 }
  const there = Option.fromUndefinedOr((yield* journal.streams(filter))[0])
  if (Option.isNone(there)) {
    const start = { ...workStart, by: { ...by, audit: audit === "audited" } }
    return (yield* Runbooks.use((runbooks) => runbooks.run(twentySteps, start))).execution
  }
  const id = there.value.stream.slice(RUNBOOK_PREFIX.length)
  const again = yield* Replays.use((replays) => replays.resume(id, { by, acceptConfig: false }))
  return again._tag === "Runbook" ? again.result.execution : null
})

const status = await Effect.runPromise(
  go.pipe(
    Effect.map((execution) => execution?.after.status ?? "none"),
    Effect.catch(({ code }) => Effect.succeed(code)),
    Effect.provide(layer)
  )
)
tell({ done: status })
