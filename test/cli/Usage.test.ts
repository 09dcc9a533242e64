/** Types wrong command lines and looks for what was typed in what comes back. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Exit, Layer, Option, Runtime } from "effect"
import { CliConfig, Command } from "effect/cli"
import * as LocalMachine from "../../src/adapters/machine/LocalMachine.ts"
import * as MetadataFile from "../../src/adapters/metadata/FileLog.ts"
import { ledger } from "../../src/cli/commands/ledger.ts"
import { root } from "../../src/cli/root.ts"
import { run } from "../../src/cli/commands/run.ts"
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
  const unused = Layer.merge(
    MetadataFile.layer({ folder: "." }),
    LocalMachine.layer({ locations, environment: {}, node: process.versions.node })
  )
  const records = Command.provide(ledger, Layer.merge(TestRuntime.layer({ providers: [] }), unused))
  const runtime = Command.provide(run, TestRuntime.layer({ providers: [] }))
  return Command.runWith(root.pipe(Command.withSubcommands([runtime, records])), { version: "0.0.0" })(
    args
  ).pipe(
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
