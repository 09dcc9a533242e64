/** Runs the real program with models elsewhere: who is asked, what it says when they fail, and that nobody is asked twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { anthropic } from "../support/anthropicTalk.ts"
import { FailureOutput, RunOutput } from "../../src/api/results/RunResults.ts"
import { configure, io3, lastRun, parse, slowly, start, until } from "../support/io3.ts"
import { openAi } from "../support/openAiTalk.ts"
import { begins, keys, passes, refuses, services, tells } from "../support/services.ts"

const environment = keys("sk-0123456789")
const codeOf = (stdout: string) => parse(FailureOutput, stdout).error.code
const ask = ["run", "executor", "--prompt", "Why is the sky blue?", "-o", "json"]

describe("models elsewhere", slowly, () => {
  it.live("draft at one provider and judge at another, on a record that verifies", () =>
    Effect.gen(function* () {
      const { where, writer, judge } = yield* services()
      writer.answer(tells(openAi, "It scatters."))
      judge.answer(tells(anthropic, passes))
      const ended = yield* io3(where, [...ask, "--audit"], { environment })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.strictEqual(parse(RunOutput, ended.stdout).result.message, "It scatters.")
      const receipt = (yield* lastRun(where)).entries
        .map(({ event }) => event)
        .find((event) => event._tag === "Released")?.receipt
      assert.deepStrictEqual<unknown>(
        [receipt?.audit, receipt?.provider, receipt?.auditor],
        ["pass", "openai", { provider: "anthropic", model: "judge", independent: true }]
      )
      assert.deepStrictEqual(
        [receipt?.usage.calls, receipt?.usage.inputTokens, receipt?.usage.outputTokens],
        [2, 80, 10]
      )
      assert.deepStrictEqual([writer.calls.length, judge.calls.length], [1, 1])
      assert.include(writer.calls[0], "authorization: bearer sk-0123456789")
      assert.include(judge.calls[0], "x-api-key: sk-0123456789")
      const verified = yield* io3(where, ["ledger", "verify"])
      assert.strictEqual(verified.code, 0, verified.stderr)
      const shown = yield* io3(where, ["config", "show", "--origin"], { environment })
      assert.include(shown.stdout, "providers.openai.env_key_name = WRITER_KEY")
      assert.notInclude(shown.stdout + shown.stderr, "sk-0123456789")
    }).pipe(Effect.scoped)
  )

  it.live("say what is wrong, and ask once", () =>
    Effect.gen(function* () {
      const { where, writer } = yield* services()
      for (const [script, code] of [
        [refuses(401, openAi.error("invalid_api_key", "Incorrect")), "PROVIDER_UNAUTHORIZED"],
        [refuses(429, openAi.error("rate_limit_exceeded", "Slow down")), "PROVIDER_RATE_LIMITED"],
        [refuses(504, ""), "PROVIDER_OUTCOME_UNKNOWN"],
        [() => {}, "PROVIDER_OUTCOME_UNKNOWN"],
        [(socket: { destroy: () => void }) => socket.destroy(), "PROVIDER_OUTCOME_UNKNOWN"],
        [tells(openAi, "No", "content_filter"), "PROVIDER_CONTENT_FILTERED"],
        [begins(openAi, "It"), "PROVIDER_TIMEOUT"]
      ] as const) {
        const before = writer.calls.length
        writer.answer(script)
        const ended = yield* io3(where, ask, { environment })
        assert.strictEqual(ended.code, 1, ended.stdout)
        assert.strictEqual(codeOf(ended.stdout), code)
        assert.strictEqual(writer.calls.length, before + 1)
      }
      const verified = yield* io3(where, ["ledger", "verify"])
      assert.strictEqual(verified.code, 0, verified.stderr)
    }).pipe(Effect.scoped)
  )

  it.live("are sent nothing without their key; doctor names the variable", () =>
    Effect.gen(function* () {
      const { where, writer } = yield* services()
      const ended = yield* io3(where, ask)
      assert.strictEqual(ended.code, 1)
      assert.strictEqual(codeOf(ended.stdout), "PROVIDER_KEY_MISSING")
      const careless = yield* io3(where, [...ask, "--no-health-check"])
      assert.strictEqual(codeOf(careless.stdout), "PROVIDER_KEY_MISSING")
      const doctor = yield* io3(where, ["doctor"])
      assert.strictEqual(doctor.code, 1)
      assert.include(doctor.stdout, "WRITER_KEY")
      assert.include(doctor.stdout, "JUDGE_KEY")
      assert.isEmpty(writer.requests)
      const offline = yield* io3(where, ["--offline", ...ask])
      assert.strictEqual(offline.code, 0, offline.stderr)
      assert.isEmpty(writer.requests)
    }).pipe(Effect.scoped)
  )

  it.live("are let go of when the person is gone", () =>
    Effect.gen(function* () {
      const { where, writer } = yield* services()
      writer.answer(begins(openAi, "It"))
      const asking = yield* start(where, ["run", "executor", "--prompt", "Why?"], { environment })
      yield* until(() => asking.stdout() === "It")
      asking.process.kill("SIGINT")
      assert.strictEqual((yield* asking.ended).code, 130)
      yield* writer.closed(writer.requests.length - 1)
      assert.lengthOf(writer.calls, 1)
    }).pipe(Effect.scoped)
  )

  it.live("count in a project folder only once it is trusted, and an address in clear never", () =>
    Effect.gen(function* () {
      const { where, writer } = yield* services()
      writer.answer(tells(openAi, "It scatters."))
      yield* configure(where.projectConfig, {
        "providers.yaml": JSON.stringify({
          providers: {
            openai: { enabled: true, base_url: writer.baseUrl, local: false, env_key_name: "WRITER_KEY" }
          }
        }),
        "routing_table.yaml": JSON.stringify({
          routing_table: { modes: { executor: { primary: "openai:writer", secondary: "null:stand-in" } } }
        })
      })
      rmSync(join(where.userConfig, "providers.yaml"))
      const untrusted = yield* io3(where, ask, { environment })
      assert.isEmpty(writer.requests)
      assert.include(untrusted.stderr, "io3 trust")
      assert.strictEqual((yield* io3(where, ["trust"])).code, 0)
      assert.strictEqual((yield* io3(where, ask, { environment })).code, 0)
      assert.lengthOf(writer.calls, 1)
      yield* configure(where.userConfig, {
        "providers.yaml": "providers:\n  anthropic:\n    enabled: true\n    base_url: http://far.example\n"
      })
      const clear = yield* io3(where, ["validate"])
      assert.notStrictEqual(clear.code, 0)
      assert.match(clear.stdout + clear.stderr, /providers\.yaml:4:\d+ .*https/u)
    }).pipe(Effect.scoped)
  )

  it.live("are told nothing that is restricted, unless they are declared to be here", () =>
    Effect.gen(function* () {
      const { where, writer } = yield* services()
      writer.answer(tells(openAi, "It is teal."))
      yield* configure(where.userConfig, {
        "memory_packs.yaml": "packs: [{ id: pack.all, scope: project, keys: [colour, secret] }]\n",
        "memory_retrieval_policy.yaml": "sensitivity_allowlist: { restricted: [executor] }\n"
      })
      for (const [key, sensitivity] of [
        ["colour", "standard"],
        ["secret", "restricted"]
      ] as const) {
        const args = ["memory", "write", "project", key, "--yes", "--sensitivity", sensitivity]
        assert.strictEqual((yield* io3(where, args, { stdin: `The ${sensitivity} value.` })).code, 0)
      }
      const told = Effect.gen(function* () {
        const ended = yield* io3(where, [...ask, "--pack", "pack.all"], { environment })
        assert.strictEqual(ended.code, 0, ended.stderr)
        const sent = writer.calls.at(-1) ?? ""
        return ["standard", "restricted"].filter((word) => sent.includes(`The ${word} value.`))
      })
      assert.deepStrictEqual(yield* told, ["standard"])
      const declared = { enabled: true, base_url: writer.baseUrl, local: true, num_ctx: 16_384 }
      yield* configure(where.userConfig, {
        "providers.yaml": JSON.stringify({ providers: { openai: declared } })
      })
      assert.deepStrictEqual(yield* told, ["standard", "restricted"])
      const verified = yield* io3(where, ["ledger", "verify"])
      assert.strictEqual(verified.code, 0, verified.stderr)
    }).pipe(Effect.scoped)
  )
})
