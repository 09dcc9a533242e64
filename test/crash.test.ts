/** Kills the real program while it works, and asks the ledger what it knows: no call is made twice, and no run is lost. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { RecoverOutput } from "../src/cli/runs.ts"
import type { RunRecord } from "../src/domain/ledger/Records.ts"
import { Verification } from "../src/core/ledger/Verifier.ts"
import { chances } from "./support/campaign.ts"
import { type Home, io3, lastRun, parse, recorded, slowly, start, until } from "./support/io3.ts"
import { begins, says, scene } from "./support/model.ts"

const ask = (prompt: string) => ["run", "executor", "--prompt", prompt]

const recover = (where: Home) =>
  Effect.map(
    io3(where, ["runs", "recover", "-o", "json"]),
    ({ stdout }) => parse(RecoverOutput, stdout).runs.length
  )
const verify = (where: Home) =>
  Effect.map(io3(where, ["ledger", "verify", "-o", "json"]), ({ stdout }) => parse(Verification, stdout))

const standings = (records: ReadonlyArray<RunRecord>) => records.map(({ standing }) => standing)
const ending = (record: RunRecord) => {
  const event = record.entries.at(-1)?.event
  return event?._tag === "RunFailed" ? event.code : event?._tag
}

/** Every row of the journal: SQLite itself may fold its log into its file whoever reads. */
const rowsOf = ({ data }: Home) => {
  const database = new DatabaseSync(join(data, "journal.sqlite"), { readOnly: true })
  try {
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
    return tables.map(({ name }) => [name, database.prepare(`SELECT * FROM "${String(name)}"`).all()])
  } finally {
    database.close()
  }
}

describe("a run that is killed during its call", slowly, () => {
  it.live("is indeterminate, is never called again, and ends when somebody recovers", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(begins("Half an answer")))
      const asking = yield* start(where, ask("question"))
      yield* until(() => asking.stdout() === "Half an answer")
      asking.process.kill("SIGKILL")
      yield* asking.ended

      const before = rowsOf(where)
      const lost = yield* lastRun(where)
      assert.strictEqual(lost.standing, "indeterminate")
      const line = (yield* io3(where, ["ledger", "show", lost.run])).stdout.trimEnd().split("\n").at(-1)
      assert.match(line ?? "", /CallIntended +draft 1 → ollama writer {2}indeterminate$/)
      assert.isNull((yield* verify(where)).broken)
      assert.deepStrictEqual(rowsOf(where), before, "who reads writes nothing")

      assert.strictEqual(yield* recover(where), 1)
      assert.strictEqual(yield* recover(where), 0)
      const ended = yield* lastRun(where)
      assert.deepStrictEqual([ended.standing, ending(ended)], ["failed", "PROVIDER_OUTCOME_UNKNOWN"])
      const settled = ended.entries.at(-2)?.event
      assert.strictEqual(settled?._tag === "CallSettled" && settled.outcome, "indeterminate")
      assert.strictEqual(server.calls.length, 1)
    })
  )

  it.live("ends with the next run, which leaves a living one alone", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket, { messages }) => {
        const prompt = messages.at(-1)?.content ?? ""
        socket.write(prompt.includes("quick") ? says("Done") : begins("Half"))
      })
      const living = yield* start(where, ask("slow and living"))
      const dying = yield* start(where, ask("slow and dying"))
      yield* until(() => living.stdout() === "Half" && dying.stdout() === "Half")
      dying.process.kill("SIGKILL")
      yield* dying.ended
      assert.deepStrictEqual(standings(yield* recorded(where)).toSorted(), ["indeterminate", "running"])

      assert.strictEqual((yield* io3(where, ask("quick"))).stdout, "Done\n")
      assert.strictEqual(yield* recover(where), 0)
      assert.deepStrictEqual(standings(yield* recorded(where)).toSorted(), ["failed", "released", "running"])
      assert.strictEqual(server.calls.length, 3)

      living.process.kill("SIGINT")
      assert.strictEqual((yield* living.ended).code, 130)
      assert.deepStrictEqual(standings(yield* recorded(where)).toSorted(), [
        "cancelled",
        "failed",
        "released"
      ])
    })
  )
})

const KILLS = 12
/** Half of them are killed so long after their start, half so long after their call reached the model. */
const AFTER_START = { earliest: 400, latest: 1800 }
const AFTER_CALL = { earliest: 0, latest: 400 }

describe("a run that is killed at any moment", slowly, () => {
  it.live(`${KILLS} of them leave a ledger that verifies, with an end for each and no call made twice`, () =>
    Effect.gen(function* () {
      const chance = chances("kills of the program")
      const { where, server } = yield* scene((socket) => {
        const words = ["Slowly", " said", " but", " said"]
        socket.write(begins())
        const said = says(...words)
        const body = said.subarray(said.indexOf("\r\n\r\n") + 4)
        let at = 0
        const speak = setInterval(() => {
          if (at >= body.length || socket.destroyed) return clearInterval(speak)
          socket.write(body.subarray(at, (at += 100)))
        }, 40)
      })
      const prompts = () => server.calls.map(({ messages }) => messages.at(-1)?.content ?? "")
      const asked = (question: string) => until(() => prompts().some((prompt) => prompt.endsWith(question)))
      // The first one makes the journal, so that there always is one to verify.
      const answers = [yield* io3(where, ask("question 0"))]
      assert.strictEqual(answers[0]?.stdout, "Slowly said but said\n")

      yield* Effect.forEach(
        Array.from({ length: KILLS }, (_, index) => index + 1),
        (index) =>
          Effect.gen(function* () {
            const asking = yield* start(where, ask(`question ${index}`))
            const called = Effect.map(asked(`question ${index}`), () => AFTER_CALL)
            const { earliest, latest } = yield* index % 2 === 0 ? called : Effect.succeed(AFTER_START)
            const moment = Effect.sleep(earliest + chance(index) * (latest - earliest))
            yield* Effect.race(moment, asking.ended)
            asking.process.kill("SIGKILL")
            answers.push(yield* asking.ended)
          }),
        { concurrency: 2 }
      )
      assert.isNull((yield* verify(where)).broken)
      yield* recover(where)

      const records = yield* recorded(where)
      assert.isAtMost(records.length, KILLS + 1)
      for (const { standing } of records) assert.include(["released", "failed"], standing)
      // An answer that was acknowledged by a clean exit is on record as released.
      const finished = answers.filter(({ code }) => code === 0).length
      assert.isAtLeast(standings(records).filter((standing) => standing === "released").length, finished)
      assert.strictEqual(new Set(prompts()).size, prompts().length, "one call for each run")
      // Whoever was called had said so before.
      const intended = records.flatMap(({ entries }) =>
        entries.filter(({ event }) => event._tag === "CallIntended")
      )
      assert.isAtLeast(intended.length, server.calls.length)
      assert.isNull((yield* verify(where)).broken)
    })
  )
})
