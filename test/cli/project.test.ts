/** Runs the real program and looks at its metadata log: what is appended while runs end, and what is made of the ledger. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ProjectOutput } from "../../src/cli/project.ts"
import { Metadata } from "../../src/domain/projection/Metadata.ts"
import { configure, type Home, home, io3, parse, slowly, start, until } from "../support/io3.ts"
import { begins, breaks, says, scene } from "../support/model.ts"

const log = ({ data }: Home) => join(data, "logs", "metadata.jsonl")
const textOf = (where: Home) => readFileSync(log(where), "utf8")
const codes = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => parse(Metadata, line).error_code)
const offline = ["--offline", "run", "executor", "--prompt", "hello"]

describe("io3 ledger project", slowly, () => {
  it.live("makes what was appended when each run ended: released, failed, cancelled, and abandoned", () =>
    Effect.gen(function* () {
      const { where } = yield* scene((socket, { messages }) => {
        const prompt = messages.at(-1)?.content ?? ""
        if (prompt.endsWith("answered")) return void socket.write(says("Yes"))
        return void socket.write(prompt.endsWith("broken") ? breaks(400, "no") : begins("Half"))
      })
      const ask = (prompt: string) => ["run", "executor", "--prompt", prompt]
      yield* io3(where, ask("answered"))
      yield* io3(where, ask("broken"))
      const cancelled = yield* start(where, ask("cancelled"))
      yield* until(() => cancelled.stdout() === "Half")
      cancelled.process.kill("SIGINT")
      yield* cancelled.ended
      const killed = yield* start(where, ask("killed"))
      yield* until(() => killed.stdout() === "Half")
      killed.process.kill("SIGKILL")
      yield* killed.ended
      assert.strictEqual(codes(textOf(where)).length, 3)
      yield* io3(where, ["runs", "recover"])

      const appended = textOf(where)
      assert.deepStrictEqual(codes(appended), [
        null,
        "PROVIDER_REJECTED",
        "RUN_CANCELLED",
        "PROVIDER_OUTCOME_UNKNOWN"
      ])
      assert.strictEqual((yield* io3(where, ["ledger", "project", "--out", "-"])).stdout, appended)

      appendFileSync(log(where), '{"schema":"io-iii-meta')
      const made = yield* io3(where, ["ledger", "project", "-o", "json"])
      assert.deepStrictEqual(parse(ProjectOutput, made.stdout), { records: 4 })
      assert.strictEqual(textOf(where), appended)
      rmSync(join(where.data, "logs"), { recursive: true })
      yield* io3(where, ["ledger", "project"])
      assert.strictEqual(textOf(where), appended)
      assert.strictEqual(statSync(log(where)).mode & 0o777, 0o600)
    })
  )

  it.live("writes to a new file, and to no other", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* io3(where, offline)
      const [first, second] = [
        yield* io3(where, ["ledger", "project", "--out", "copy"]),
        yield* io3(where, ["ledger", "project", "--out", "copy"])
      ]
      assert.deepStrictEqual([first.code, first.stdout], [0, "1 ended run, a line each\n"])
      assert.deepStrictEqual([second.code, second.stdout], [2, ""])
      assert.match(second.stderr, /^FILE_EXISTS: /)
      assert.strictEqual(readFileSync(join(where.folder, "copy"), "utf8"), textOf(where))
    })
  )
})

describe("the metadata log", slowly, () => {
  it.live("that cannot be written costs no run its answer; who debugs reads a code and nothing else", () =>
    Effect.gen(function* () {
      const where = yield* home()
      mkdirSync(where.data, { recursive: true, mode: 0o700 })
      writeFileSync(join(where.data, "logs"), "")
      const [quiet, debugged] = [
        yield* io3(where, offline),
        yield* io3(where, offline, { environment: { IO3_DEBUG: "1" } })
      ]
      assert.deepStrictEqual([quiet.code, debugged.code], [0, 0])
      assert.match(quiet.stdout, /stand-in/)
      assert.notInclude(quiet.stderr, "METADATA_LOG_UNWRITABLE")
      const said = debugged.stderr.split("\n").filter((line) => line.includes("METADATA_LOG_UNWRITABLE"))
      assert.strictEqual(said.length, 1)
      assert.notInclude(debugged.stderr, where.root)
      const made = yield* io3(where, ["ledger", "project"])
      assert.strictEqual(made.code, 1)
      assert.match(made.stderr, /^METADATA_LOG_UNWRITABLE: /)
    })
  )

  it.live("is not written where it is turned off, and can be made all the same", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, {
        "logging.yaml": "logging:\n  metadata:\n    enabled: false\n"
      })
      assert.strictEqual((yield* io3(where, offline)).code, 0)
      assert.isFalse(existsSync(join(where.data, "logs")))
      yield* io3(where, ["ledger", "project"])
      assert.deepStrictEqual(codes(textOf(where)), [null])
    })
  )
})

describe("a configuration that asks for a log of content", slowly, () => {
  it.live("is refused in words that say why, and what to do", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, {
        "logging.yaml": "logging:\n  content:\n    enabled: true\nstorage:\n  local_only: false\n"
      })
      const { code, stdout, stderr } = yield* io3(where, offline, {
        environment: { IO3_LOGGING_CONTENT_ENABLED: "true" }
      })
      assert.deepStrictEqual([code, stdout], [2, ""])
      const words = "content is never logged and no log leaves this machine; remove this key"
      assert.deepStrictEqual(stderr.trimEnd().split("\n"), [
        "CONFIG_INVALID: The configuration is not valid.",
        `  logging.yaml:3:5  ${words}: logging.content.enabled`,
        `  logging.yaml:5:3  ${words}: storage.local_only`,
        `  environment  ${words}: IO3_LOGGING_CONTENT_ENABLED`
      ])
    })
  )
})
