/** Types wrong command lines and looks for what was typed in what comes back. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Exit, Layer, Option, Runtime } from "effect"
import { CliConfig, Command } from "effect/cli"
import * as LocalMachine from "../../src/adapters/machine/LocalMachine.ts"
import * as EditorFile from "../../src/adapters/terminal/EditorFile.ts"
import * as MetadataFile from "../../src/adapters/metadata/FileLog.ts"
import { ledger } from "../../src/cli/commands/ledger.ts"
import { root } from "../../src/cli/root.ts"
import { run } from "../../src/cli/commands/run.ts"
import { command as session } from "../../src/cli/commands/session.ts"
import { command as steward } from "../../src/cli/commands/steward.ts"
import { presenter, UsageError } from "../../src/cli/Usage.ts"
import { TestRuntime } from "../../src/testing.ts"

const SECRET = "private-word"
const wrong: ReadonlyArray<ReadonlyArray<string>> = [
  [SECRET],
  [`--${SECRET}`],
  [`--${SECRET}=${SECRET}`],
  ["-z", SECRET],
  ["run"],
  ["run", SECRET, SECRET],
  ["run", `bad mode ${SECRET}`],
  ["run", "executor", SECRET],
  ["run", "executor", "--promp", SECRET],
  ["run", "executor", `--prompt`, SECRET, "--prompt", SECRET],
  ["run", "executor", "--prompt"],
  ["run", "executor", "--prompt", SECRET, "--output", SECRET],
  ["run", "executor", "-p", SECRET, `--audit=${SECRET}`],
  ["run", "executor", "-p", SECRET, "-x"],
  ["ledger", SECRET],
  ["ledger", "backup"]
]

/** Runs a command line and gives what it said on each stream. */
const typed = (args: ReadonlyArray<string>) => {
  const said = { log: Array<string>(), error: Array<string>() }
  const recorder: Console.Console = {
    ...console,
    log: (...words) => void said.log.push(words.join(" ")),
    error: (...words) => void said.error.push(words.join(" "))
  }
  const locations = { data: ".", userConfig: ".", projectConfig: "." }
  const unused = Layer.mergeAll(
    EditorFile.layer({ directory: ".", environment: {} }),
    MetadataFile.layer({ folder: "." }),
    LocalMachine.layer({ locations, environment: {}, node: process.versions.node })
  )
  const testing = TestRuntime.layer({ providers: [] })
  const records = Command.provide(ledger, Layer.merge(testing, unused))
  const runtime = Command.provide(run, testing)
  const sessions = Command.provide(session, Layer.merge(testing, unused))
  const stewards = Command.provide(steward, Layer.merge(testing, unused))
  return Command.runWith(root.pipe(Command.withSubcommands([runtime, records, sessions, stewards])), {
    version: "0.0.0"
  })(args).pipe(
    Effect.exit,
    Effect.provideService(Console.Console, recorder),
    Effect.provide(Layer.mergeAll(NodeServices.layer, presenter, CliConfig.layer({}))),
    Effect.map((exit) => ({ exit, stdout: said.log.join("\n"), stderr: said.error.join("\n") }))
  )
}

describe("Usage", () => {
  for (const args of wrong) {
    it.effect(`complains of io3 ${args.join(" ")}`, () =>
      Effect.gen(function* () {
        const { exit, stdout, stderr } = yield* typed(args)
        assert.strictEqual(Option.getOrThrow(Exit.findErrorOption(exit))._tag, "ShowHelp")
        assert.strictEqual(stdout, "")
        assert.match(stderr, /\nTry: io3( run| ledger| ledger backup)? --help$/)
        assert.notInclude(stderr, SECRET)
      })
    )
  }

  const accepts: ReadonlyArray<readonly [args: ReadonlyArray<string>, said: RegExp]> = [
    [["run"], /^Missing argument <mode>: A mode of the routing table/u],
    [["run", `bad mode ${SECRET}`], /^Invalid value for mode: A mode of the routing table/u],
    [["run", "executor", "-p", SECRET, `--audit=${SECRET}`], /^Invalid value for --audit \(boolean\): /u],
    [
      ["run", "executor", "--output", SECRET],
      /^Invalid value for --output: .*choices: text, json, ndjson\)\n/u
    ],
    [["steward", "approve", SECRET, "--digest", SECRET], /--digest \(DIGEST\): .* 8 hex digits or more\n/u],
    [
      ["steward", "approve", SECRET, "--digest", "12345678", "--reason", SECRET],
      /--reason: .*\(choices: .*other\)\n/u
    ],
    [
      ["steward", "show", SECRET, "--service", ` ${SECRET}`],
      /--service \(NAME\): .*at most 128 letters, digits and/u
    ],
    [["session", "mode", SECRET, SECRET], /^Invalid value for mode: work or steward\n/u],
    [["session", "list", "--limit", SECRET], /^Invalid value for --limit \(integer\): .* 1 to 1000\n/u],
    [["session", "list", "--limit", "1001"], /^Invalid value for --limit \(integer\): .* 1 to 1000\n/u],
    [["session", "list", "--limit"], /^Invalid value for --limit \(integer\): .* 1 to 1000\n/u]
  ]
  for (const [args, said] of accepts) {
    it.effect(`says what io3 ${args.join(" ")} takes there`, () =>
      Effect.gen(function* () {
        const { stdout, stderr } = yield* typed(args)
        assert.strictEqual(stdout, "")
        assert.match(stderr, said)
        assert.notInclude(stderr, SECRET)
      })
    )
  }

  it.effect("names the option that was meant", () =>
    Effect.gen(function* () {
      assert.match((yield* typed(["run", "executor", "--promt", "x"])).stderr, /did you mean --prompt\?/)
      assert.match((yield* typed(["ledgr"])).stderr, /did you mean ledger\?/)
    })
  )

  it.effect("prints help where it was asked for, and aside where it was not", () =>
    Effect.gen(function* () {
      const asked = yield* typed(["run", "--help"])
      assert.deepStrictEqual([Exit.isSuccess(asked.exit), asked.stderr], [true, ""])
      assert.include(asked.stdout, "--audit")
      const given = yield* typed(["ledger"])
      assert.strictEqual(given.stdout, "")
      assert.include(given.stderr, "verify")
    })
  )

  it("ends the program with 2", () => assert.strictEqual(new UsageError()[Runtime.errorExitCode], 2))
})
