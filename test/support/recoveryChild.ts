/**
 * Owns a process of its own that recovers what others left in a journal, for tests of several at once: `node
 * recoveryChild.ts DIRECTORY`. It waits for SIGUSR2, and tells how often its models were asked and what it did.
 */
import { Effect } from "effect"
import { once } from "node:events"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { journalIn, sceneOver, verdict } from "./runs.ts"
import { say, tell } from "./tell.ts"

/** More than there are runs. */
const MANY = 100

const [directory = ""] = process.argv.slice(2)
const { judge, drafter, layer } = sceneOver(
  { judge: Array.from({ length: MANY }, () => verdict("pass")) },
  journalIn(directory),
  directory
)

const program = Effect.gen(function* () {
  const { recover } = yield* Resumption
  // Waiting for a signal alone keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  const told = once(process, "SIGUSR2")
  say("ready")
  yield* Effect.promise(() => told)
  clearInterval(alive)
  const recovered = yield* recover
  const asked = (yield* judge.asked).length + (yield* drafter.asked).length
  tell({ asked, recovered })
})

await Effect.runPromise(Effect.provide(program, layer))
