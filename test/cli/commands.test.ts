/** Runs the real program without any model: every command, its exit code, and which stream it speaks on. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { AboutOutput } from "../../src/cli/about.ts"
import { ConfigOutput } from "../../src/api/results/SystemResults.ts"
import { InitOutput, TrustOutput } from "../../src/cli/init.ts"
import { FailureOutput, RouteOutput, RunLine, RunOutput } from "../../src/api/results/RunResults.ts"
import { RunRecord } from "../../src/domain/ledger/Records.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { codes } from "../../src/domain/Failure.ts"
import { configure, home, io3, parse, program, shell, slowly, startInto } from "../support/io3.ts"
import { configuration, model, says } from "../support/model.ts"

const Manifest = Schema.Struct({ version: Schema.String })
// eslint-disable-next-line no-control-regex
const escape = /[\u001b\u009b]/u
const abreast = { concurrency: 3 } as const

describe("io3", slowly, () => {
  it.live("says its version, its commands, and how to complete them", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const shells = ["bash", "zsh", "fish"].filter((shell) => !spawnSync(shell, ["-c", "true"]).error)
      const scripts = yield* Effect.forEach(shells, (shell) => io3(where, ["--completions", shell]), abreast)
      const [version, help] = yield* Effect.all([io3(where, ["--version"]), io3(where, ["--help"])], abreast)
      const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
      assert.strictEqual(version.stdout, `io3 v${parse(Manifest, manifest).version}\n`)
      const commands = [
        "run",
        "route",
        "config",
        "init",
        "trust",
        "ledger",
        "receipt",
        "runs",
        "runbook",
        "session",
        "steward",
        "capabilities",
        "greeting",
        "about"
      ]
      for (const command of commands) assert.match(help.stdout, new RegExp(`^  ${command} +[A-Z]`, "mu"))
      assert.notMatch(help.stdout, escape)
      for (const { code, stdout, stderr } of scripts) {
        assert.deepStrictEqual([code, stderr], [0, ""])
        for (const command of commands) assert.include(stdout, command)
      }
      for (const [index, shell] of shells.entries()) {
        const { status } = spawnSync(shell, ["-n"], { input: scripts[index]?.stdout ?? "" })
        assert.strictEqual(status, 0, shell)
      }
      if (shells.length < 3)
        process.stderr.write(`SKIPPED completions for other shells than ${shells.join()}\n`)
      assert.isFalse(existsSync(where.data), "asking for help leaves nothing behind")
    })
  )

  it.live("answers offline in an empty folder, in each format", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const ask = ["--offline", "run", "executor"]
      const piped = { stdin: "piped in" }
      const [text, raw, json, lines] = yield* Effect.all(
        [
          io3(where, ask, piped),
          io3(where, [...ask, "--raw"], piped),
          io3(where, [...ask, "-o", "json"], piped),
          io3(where, [...ask, "-o", "ndjson"], piped)
        ],
        abreast
      )
      assert.deepStrictEqual(
        [text, raw, json, lines].map((ended) => ended.code),
        [0, 0, 0, 0]
      )
      const answer = parse(RunOutput, json.stdout).result.message
      assert.strictEqual(text.stdout, `${answer}\n`)
      assert.match(text.stderr, /^executor → null stand-in \(fallback\) · 1 of 1 calls · [^\n]+\n$/)
      assert.deepStrictEqual([raw.stdout, raw.stderr], [`${answer}\n`, ""])
      const frames = lines.stdout
        .trimEnd()
        .split("\n")
        .map((line) => parse(RunLine, line))
      assert.strictEqual(frames[0]?.type, "accepted")
      assert.strictEqual(frames.at(-1)?.type, "finished")
    })
  )

  it.live("answers in an empty folder where no Ollama is, and says so once", () =>
    Effect.gen(function* () {
      const where = yield* home()
      // Nothing listens on the discard port of this machine.
      const nowhere = { environment: { OLLAMA_HOST: "127.0.0.1:9" } }
      const { code, stdout, stderr } = yield* io3(where, ["run", "executor", "--prompt", "hi"], nowhere)
      assert.strictEqual(code, 0, stderr)
      assert.match(stderr, /^executor → null stand-in \(fallback\)/)
      assert.strictEqual((stdout + stderr).match(/No model is configured/gu)?.length, 1)
    })
  )

  it.live("reports in the documented shapes, and keeps a ledger that verifies", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const ask = ["--offline", "run", "executor", "--prompt", "question"]
      const run = parse(RunOutput, (yield* io3(where, [...ask, "-o", "json"])).stdout).run_id
      const copy = join(where.root, "copy.db")
      const [about, config, route, shown, verified, backup] = yield* Effect.all(
        [
          io3(where, ["about", "-o", "json"]),
          io3(where, ["config", "show", "-o", "json"]),
          io3(where, ["--offline", "route", "executor", "-o", "json"]),
          io3(where, ["ledger", "show", run.slice(0, 30), "-o", "json"]),
          io3(where, ["ledger", "verify", "-o", "ndjson"]),
          io3(where, ["ledger", "backup", copy])
        ],
        abreast
      )
      assert.strictEqual(parse(AboutOutput, about.stdout).locations.data, where.data)
      assert.isAbove(parse(ConfigOutput, config.stdout).length, 30)
      assert.strictEqual(parse(RouteOutput, route.stdout).route.provider, "null")
      const [record] = parse(Schema.Array(RunRecord), shown.stdout)
      assert.deepStrictEqual([record?.run, record?.standing], [run, "released"])
      assert.isNull(parse(Verification, verified.stdout).broken)
      assert.deepStrictEqual([backup.code, backup.stdout, existsSync(copy)], [0, "", true])

      const again = yield* io3(where, ["ledger", "backup", copy])
      assert.notStrictEqual(again.code, 0)
      assert.notInclude(again.stderr, "copy.db")

      const journal = new DatabaseSync(join(where.data, "journal.sqlite"))
      journal.exec(
        "UPDATE rows SET payload = replace(payload, 'executor', 'explorer') WHERE payload LIKE '%RunAccepted%'"
      )
      journal.close()
      const [broken, named] = yield* Effect.all(
        [io3(where, ["ledger", "verify", "-o", "json"]), io3(where, ["ledger", "verify"])],
        abreast
      )
      const place = parse(Verification, broken.stdout).broken
      assert.deepStrictEqual(
        [broken.code, broken.stderr, place?.stream, place?.fault],
        [1, "", `run/${run}`, "altered"]
      )
      assert.deepStrictEqual([named.code, named.stdout], [1, `run/${run} at 1 (position 2): altered\n`])
      assert.include(named.stderr, "LEDGER_BROKEN")
    })
  )

  it.live("fails with a code, the right exit code, and in the format that was asked for", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, { "runtime.yaml": "\ntemperature: secret-value\nunknown-key: 1\n" })
      const fine = { ...where, root: where.folder }
      const [json, lines, text, mode, none] = yield* Effect.all(
        [
          io3(where, ["run", "executor", "--prompt", "x", "-o", "json"]),
          io3(where, ["run", "-o", "ndjson", "executor", "--prompt", "x"]),
          io3(where, ["config", "show"]),
          io3(fine, ["route", "no-such-mode", "--output=json"]),
          io3(fine, ["ledger", "show", "01a2", "--output", "json"])
        ],
        abreast
      )
      const failure = parse(FailureOutput, json.stdout)
      assert.deepStrictEqual([json.code, json.stderr, failure.error.code], [2, "", "CONFIG_INVALID"])
      assert.deepStrictEqual(
        failure.error.places.map(({ line, fault, key }) => `${line} ${fault} ${key}`),
        ["2 wrong_value temperature", "3 unknown_key unknown-key"]
      )
      assert.strictEqual(parse(RunLine, lines.stdout).type, "failed")
      assert.deepStrictEqual([text.code, text.stdout], [2, ""])
      assert.strictEqual(
        text.stderr,
        `CONFIG_INVALID: ${codes.CONFIG_INVALID.summary}\n` +
          "  runtime.yaml:2:1  wrong value: temperature\n" +
          "  runtime.yaml:3:1  unknown key: unknown-key\n"
      )
      assert.notInclude(json.stdout + text.stderr, "secret-value")
      assert.deepStrictEqual(
        [mode, none].map((ended) => [ended.code, parse(FailureOutput, ended.stdout).error.code]),
        [
          [2, "ROUTE_MODE_UNKNOWN"],
          [1, "RUN_NOT_FOUND"]
        ]
      )
      assert.isFalse(existsSync(join(fine.root, ".local")), "looking for a run leaves nothing behind")
    })
  )

  it.live("has the auditor answer nobody, and shows who it is", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const run = ["run", "challenger", "--prompt", "x", "-o", "json"]
      const [asked, rehearsed, unchecked, route, all] = yield* Effect.all(
        [
          io3(where, run),
          io3(where, [...run, "--dry-run"]),
          io3(where, [...run, "--no-constellation-check", "--no-health-check"]),
          io3(where, ["route", "challenger"]),
          io3(where, ["route"])
        ],
        abreast
      )
      for (const { code, stdout } of [asked, rehearsed, unchecked])
        assert.deepStrictEqual([code, parse(FailureOutput, stdout).error.code], [2, "ROUTE_MODE_INTERNAL"])
      assert.deepStrictEqual([route.code, all.code], [0, 0])
      assert.match(route.stdout, /^answers {4}nobody: it audits/m)
      assert.deepStrictEqual(
        all.stdout.split("\n").filter((line) => line.includes("answers nobody")).length,
        1
      )
      assert.isFalse(existsSync(join(where.root, ".local")), "and nothing is left behind")
    })
  )

  it.live("exits with 2 after a wrong invocation, with nothing on standard output", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const wrong = [[], ["frobnicate"], ["run", "executor", "a", "prompt"]]
      for (const ended of yield* Effect.forEach(wrong, (args) => io3(where, args), abreast)) {
        assert.deepStrictEqual([ended.code, ended.stdout], [2, ""])
        assert.isNotEmpty(ended.stderr)
        assert.notMatch(ended.stderr, escape)
      }
    })
  )

  it.live(
    "says what is wrong with a command line in the format that was asked for, and not what it was",
    () =>
      Effect.gen(function* () {
        const where = yield* home()
        const typed = "private-word"
        const wrong: ReadonlyArray<readonly [usage: ReadonlyArray<string>, ...args: Array<string>]> = [
          [["Unknown command"], typed, "-o", "json"],
          [
            ["Missing argument <mode>: A mode of the routing table, e.g. executor"],
            "run",
            "--output=json",
            "--prompt",
            typed
          ],
          [["Unknown option; did you mean --prompt?"], "run", "executor", "-o", "json", `--promp=${typed}`],
          [["Missing command"], "--output", "json"],
          [["Erasing cannot be undone: say --yes"], "runs", "erase", typed, "-o", "json"],
          [
            ["--public-key goes with --disclosure"],
            "receipt",
            "verify",
            typed,
            "--public-key",
            typed,
            "-o",
            "json"
          ]
        ]
        const ended = yield* Effect.forEach(wrong, ([, ...args]) => io3(where, args), abreast)
        for (const [index, { code, stdout, stderr }] of ended.entries()) {
          const { error } = parse(FailureOutput, stdout)
          assert.deepStrictEqual([code, stderr], [2, ""])
          assert.deepStrictEqual([error.code, error.usage], ["USAGE_INVALID", wrong[index]?.[0]])
          assert.notInclude(stdout, typed)
        }
        const line = parse(RunLine, (yield* io3(where, ["run", "-o", "ndjson"])).stdout)
        assert.strictEqual(line.type === "failed" && line.error.code, "USAGE_INVALID")
        // After the end of the options it is a word like any other.
        const text = yield* io3(where, ["run", "--", "executor", "-o", "json"])
        assert.deepStrictEqual([text.code, text.stdout], [2, ""])
      })
  )

  const full = "/dev/full"
  it.live.skipIf(!existsSync(full))("fails when what it says of itself cannot be written", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const asked = [
        ["--help"],
        ["run", "--help"],
        ["--version"],
        ["--completions", "bash"],
        ["run", "-o", "json"]
      ]
      for (const args of asked) {
        const { code, stderr } = yield* (yield* startInto(where, args, full)).ended
        assert.deepStrictEqual(
          [code, stderr],
          [1, `OUTPUT_FAILED: ${codes.OUTPUT_FAILED.summary}\n`],
          args[0]
        )
      }
      const read = yield* shell(where, `'${process.execPath}' '${program}' --completions bash | true`)
      assert.deepStrictEqual([read.code, read.stderr], [0, ""], "a reader that goes away is no error")
    })
  )

  it.live(
    "begins a folder with the models that are there, and believes another's only once it is told to",
    () =>
      Effect.gen(function* () {
        const [where, elsewhere] = [yield* home(), yield* home()]
        const server = yield* model((socket) => socket.write(says("Hello")))
        const host = { environment: { OLLAMA_HOST: server.baseUrl } }
        const begun = parse(InitOutput, (yield* io3(where, ["init", "-o", "json"], host)).stdout)
        assert.deepStrictEqual(begun.models?.toSorted(), ["judge", "second", "writer"])
        const asked = yield* io3(where, ["run", "executor", "--prompt", "hi"], host)
        assert.deepStrictEqual([asked.code, asked.stdout], [0, "Hello\n"])
        const alone = yield* io3(where, ["run", "executor", "--prompt", "hi"])
        assert.deepStrictEqual([alone.code, alone.stdout], [0, "Hello\n"], "where nothing names the server")
        const offline = yield* home()
        const without = yield* io3(offline, ["--offline", "init", "-o", "json"], host)
        assert.isNull(parse(InitOutput, without.stdout).models)
        const written = readFileSync(join(offline.projectConfig, "providers.yaml"), "utf8")
        assert.match(written, /enabled: false/u)
        const nobody = { environment: { OLLAMA_HOST: "127.0.0.1:9/private-path" } }
        const anew = yield* io3(offline, ["init", "--replace"], nobody)
        assert.match(
          anew.stdout,
          /^No Ollama answered at http:\/\/127\.0\.0\.1:9\/…; if it is elsewhere: OLLAMA_HOST=HOST:PORT io3 init --replace\n {2}wrote {2}\.io3\/config\/providers\.yaml, and the old one is now providers\.yaml\.old\n/u
        )
        assert.include((yield* io3(offline, ["init", "--help"])).stdout, "OLLAMA_HOST")
        const again = parse(InitOutput, (yield* io3(where, ["init", "-o", "json"], host)).stdout)
        assert.deepStrictEqual([again.written, again.kept], [[], begun.written])

        yield* configure(elsewhere.projectConfig, configuration(server))
        const show = ["config", "show", "--origin"]
        const address = `base_url = ${server.baseUrl}  (project)`
        assert.notInclude((yield* io3(elsewhere, show)).stdout, address)
        const untrusted = yield* io3(elsewhere, ["--offline", "run", "executor", "--prompt", "hi"])
        assert.strictEqual(untrusted.stderr.match(/io3 trust/gu)?.length, 1)
        assert.deepStrictEqual(parse(TrustOutput, (yield* io3(elsewhere, ["trust", "-o", "json"])).stdout), {
          trusted: true
        })
        assert.include((yield* io3(elsewhere, show)).stdout, address)
      })
  )
})
