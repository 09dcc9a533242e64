/** Runs the real program: what it lists and shows of runs, how it goes on with one whose process was killed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { RunOutput } from "../../src/api/results/RunResults.ts"
import { RecoverOutput } from "../../src/cli/runs.ts"
import { Detail, Page } from "../../src/domain/ledger/Records.ts"
import { Rehearsed } from "../../src/core/run/Rehearsal.ts"
import { configure, type Ended, io3, lastRun, parse, slowly, start, until } from "../support/io3.ts"
import { begins, configuration, says, scene, verdict } from "../support/model.ts"

const ask = (prompt: string) => ["run", "executor", "--prompt", prompt]
const lines = ({ stdout }: Ended) => stdout.trimEnd().split("\n")

describe("io3 runs list and show", slowly, () => {
  it.live("list runs by page, show one whole, and print its answer again", () =>
    Effect.gen(function* () {
      const { where } = yield* scene((socket) => socket.write(says("The sky", " is \u001b[31mblue.")))
      assert.deepStrictEqual(yield* io3(where, ["runs", "list"]), {
        code: 0,
        stdout: "No runs yet.\n",
        stderr: ""
      })
      assert.isFalse(existsSync(where.data), "who lists makes nothing")
      yield* io3(where, ask("one"))
      yield* io3(where, ask("two"))

      const first = yield* io3(where, ["runs", "list", "--limit", "1", "--since", "1h"])
      assert.match(
        first.stdout,
        /^[0-9a-f-]{36} {2}released {7}[\d-]{10}T[\d:]{8}Z {2}executor → ollama writer {2}7 in \/ \d out\n$/
      )
      const cursor = /--cursor (\d+)\n$/.exec(first.stderr)?.[1] ?? assert.fail(first.stderr)
      const second = parse(
        Page,
        (yield* io3(where, ["runs", "list", "--cursor", cursor, "-o", "json"])).stdout
      )
      assert.deepStrictEqual([second.runs.length, second.next], [1, null])
      const run = second.runs[0]?.run ?? assert.fail()
      assert.notInclude(first.stdout, run)

      const detail = parse(Detail, (yield* io3(where, ["runs", "show", run, "-o", "json"])).stdout)
      assert.deepStrictEqual([detail.standing, detail.state?.ending?._tag], ["released", "Released"])
      const shown = yield* io3(where, ["runs", "show", run])
      for (const word of [
        "standing  released",
        "route     local:writer",
        "at most   2 calls",
        "calls     draft 1"
      ]) {
        assert.include(shown.stdout, word)
      }
      const again = yield* io3(where, ["runs", "show", run, "--text"])
      assert.deepStrictEqual(again, { code: 0, stdout: "The sky is \u001b[31mblue.\n", stderr: "" })
      const asJson = yield* io3(where, ["runs", "show", run, "--text", "-o", "json"])
      assert.strictEqual(parse(RunOutput, asJson.stdout).result.message, "The sky is \u001b[31mblue.")
      assert.notInclude(asJson.stdout, "\u001b")

      assert.deepStrictEqual(lines(yield* io3(where, ["runs", "list", "--standing", "failed"])), [
        "No run matches."
      ])
      const wrong = yield* io3(where, ["runs", "list", "--since", "canary-9d2f"])
      assert.strictEqual(wrong.code, 2)
      assert.notInclude(wrong.stdout + wrong.stderr, "canary")
    })
  )
})

/** The journal takes no intent of an audit: whoever is about to make one ends there, with its draft paid for. */
const refuseAudits = (data: string, refused: boolean) => {
  const database = new DatabaseSync(join(data, "journal.sqlite"))
  database.exec(
    refused
      ? `CREATE TRIGGER refused BEFORE INSERT ON rows WHEN new.payload LIKE '%"CallIntended","purpose":"audit"%'
         BEGIN SELECT RAISE(FAIL, 'refused'); END`
      : "DROP TRIGGER refused"
  )
  database.close()
}

describe("io3 runs recover", slowly, () => {
  it.live("goes on with an answer that was paid for, and keeps it for who asked", () =>
    Effect.gen(function* () {
      let data: string | null = null
      const { where, server } = yield* scene((socket, { model }) => {
        // A journal with a trigger is not opened: it comes while the process has it open.
        if (data !== null) refuseAudits(data, true)
        socket.write(model === "writer" ? says("Paid for") : verdict("pass"))
      })
      yield* io3(where, ask("first"))
      ;({ data } = where)
      assert.strictEqual((yield* io3(where, [...ask("question"), "--audit"])).code, 1)
      data = null
      refuseAudits(where.data, false)
      const { run, standing } = yield* lastRun(where)
      assert.strictEqual(standing, "abandoned")
      // Who runs something else does not spend on it.
      yield* io3(where, ask("another"))
      assert.strictEqual(server.calls.length, 3)

      const recovered = yield* io3(where, ["runs", "recover"])
      const said = `${run}  continued and released; its answer: io3 runs show ${run} --text\n`
      assert.deepStrictEqual(recovered, { code: 0, stdout: said, stderr: "" })
      assert.deepStrictEqual(
        server.calls.map(({ model }) => model),
        ["writer", "writer", "writer", "judge"]
      )
      assert.strictEqual((yield* io3(where, ["runs", "show", run, "--text"])).stdout, "Paid for\n")
      assert.include((yield* io3(where, ["runs", "show", run])).stdout, "attempts  2")
      assert.deepStrictEqual(lines(yield* io3(where, ["runs", "recover"])), [
        "No process has left a run behind."
      ])
    })
  )

  it.live("says no more of a run that was killed while it streamed than is known", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(begins("The sky")))
      const asking = yield* start(where, ask("question"))
      yield* until(() => asking.stdout().includes("The sky"))
      asking.process.kill("SIGKILL")
      yield* asking.ended
      assert.strictEqual(server.calls.length, 1)
      yield* io3(where, ["runs", "recover"])
      const { run } = yield* lastRun(where)
      for (const args of [
        ["runs", "show", run, "--text"],
        ["receipt", "show", run]
      ]) {
        const { code, stderr } = yield* io3(where, args)
        assert.strictEqual(code, 1)
        assert.match(stderr, /^RECEIPT_NOT_FOUND: There is no receipt of this run; io3 runs show /u)
      }
    })
  )

  it.live("ends what a killed process left inside of a call, and asks nobody again", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket, { model }) => {
        if (model === "writer") socket.write(says("Paid for"))
      })
      const asking = yield* start(where, [...ask("question"), "--audit"])
      yield* until(() => server.calls.length === 2)
      asking.process.kill("SIGKILL")
      yield* asking.ended
      const recovered = yield* io3(where, ["runs", "recover", "-o", "json"])
      assert.deepInclude(parse(RecoverOutput, recovered.stdout).runs[0], {
        continued: false,
        released: false
      })
      assert.strictEqual(server.calls.length, 2)
      assert.strictEqual((yield* lastRun(where)).standing, "refused")
    })
  )
})

describe("io3 run --dry-run", slowly, () => {
  it.live("calls nobody, records nothing and makes no folder", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("answer")))
      const dry = [...ask("question"), "--audit", "--dry-run"]
      const text = yield* io3(where, dry)
      assert.strictEqual(text.code, 0)
      for (const word of [
        "route    executor → local:writer",
        "audit    by local:judge",
        "at most  4 calls",
        "not limited"
      ]) {
        assert.include(text.stdout, word)
      }
      const json = parse(Rehearsed, (yield* io3(where, [...dry, "-o", "json"])).stdout)
      assert.strictEqual(json.certificate.calls, 4)
      assert.strictEqual(server.requests.length, 0)
      assert.isFalse(existsSync(where.data))
    })
  )

  it.live("exits with 1 when a run would not fit its budget", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("answer")))
      yield* configure(where.userConfig, {
        ...configuration(server),
        "runtime.yaml": "budgets:\n  window_hours: 24\n  calls: 1\n"
      })
      const { code, stdout } = yield* io3(where, [...ask("question"), "--dry-run"])
      assert.strictEqual(code, 1)
      assert.include(stdout, "1 of 1 calls left in 24 h")
      assert.include(stdout, "would be refused")
      assert.isFalse(existsSync(where.data))
    })
  )
})
