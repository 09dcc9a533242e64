#!/usr/bin/env node
/** Owns the program: the command tree, the layers each command runs on, and the exit code. Nothing else provides layers. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option, Ref, Runtime } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"
import { readFileSync } from "node:fs"
import { constants } from "node:os"
import type { Options } from "./App.ts"
import { about } from "./cli/commands/about.ts"
import { budgets } from "./cli/commands/budgets.ts"
import { capabilities } from "./cli/commands/capabilities.ts"
import { capability } from "./cli/commands/capability.ts"
import { chat } from "./cli/commands/chat.ts"
import { below, CommandTree } from "./cli/CommandTree.ts"
import { config } from "./cli/commands/config.ts"
import { debugging } from "./cli/Defect.ts"
import { Ending } from "./cli/Ending.ts"
import { doctor } from "./cli/commands/doctor.ts"
import { greeting } from "./cli/commands/greeting.ts"
import { init, trust } from "./cli/commands/init.ts"
import { invariants } from "./cli/commands/invariants.ts"
import { ledger } from "./cli/commands/ledger.ts"
import * as memory from "./cli/commands/memory.ts"
import { onDemand } from "./cli/OnDemand.ts"
import { type Format, taken, watchStreams } from "./cli/Output.ts"
import { receipt } from "./cli/commands/receipt.ts"
import { replay, resume } from "./cli/commands/replay.ts"
import { root } from "./cli/root.ts"
import { route } from "./cli/commands/route.ts"
import { run } from "./cli/commands/run.ts"
import * as runbook from "./cli/commands/runbook.ts"
import * as runs from "./cli/commands/runs.ts"
import { serve } from "./cli/commands/serve.ts"
import * as session from "./cli/commands/session.ts"
import * as steward from "./cli/commands/steward.ts"
import { token } from "./cli/commands/token.ts"
import { presenter, UsageError } from "./cli/Usage.ts"
import { validate } from "./cli/commands/validate.ts"
import * as webhooks from "./cli/commands/webhooks.ts"
import { VERSION } from "./domain/Version.ts"
import { anatomy } from "./domain/Defect.ts"
import { Exit, failure } from "./domain/Failure.ts"

type App = typeof import("./App.ts")

/** Builds a command's layers from the shared flags. Loaded on demand: `--version` and `--help` need none of it. */
const on = <A, E, R>(layer: (app: App) => (options: Options) => Layer.Layer<A, E, R>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { data, configDir, offline } = yield* root
      const app = yield* Effect.promise(() => import("./App.ts"))
      const wishes = {
        data: Option.getOrUndefined(data),
        configDirectory: Option.getOrUndefined(configDir),
        offline
      }
      // Without a home or a working folder there is nowhere to look.
      const options = yield* Effect.try({
        try: () => app.here(wishes, "in-thread"),
        catch: () => failure("CONFIG_UNREADABLE", "setup")
      })
      return layer(app)(options)
    })
  )

const format = Ref.makeUnsafe<Format>("text")

const io3 = root.pipe(
  Command.withSubcommands([
    Command.provide(
      run,
      on(({ runtime }) => runtime)
    ),
    Command.provide(serve, ({ host, port }) => on(({ serving }) => serving(host, port))),
    Command.provide(
      chat,
      on(({ dialogue }) => dialogue)
    ),
    Command.provide(
      route,
      on(({ routing }) => routing)
    ),
    Command.provide(
      config,
      on(({ configuration }) => configuration)
    ),
    Command.provide(
      init,
      on(({ preparation }) => preparation)
    ),
    Command.provide(
      trust,
      on(({ preparation }) => preparation)
    ),
    Command.provide(
      ledger,
      on(({ records }) => records)
    ),
    Command.provide(
      receipt,
      on(({ records }) => records)
    ),
    runs.command.pipe(
      Command.withSubcommands([
        Command.provide(
          runs.list,
          on(({ records }) => records)
        ),
        Command.provide(
          runs.show,
          on(({ records }) => records)
        ),
        Command.provide(
          runs.recover,
          on(({ runtime }) => runtime)
        ),
        Command.provide(
          runs.erase,
          on(({ records }) => records)
        )
      ])
    ),
    runbook.command.pipe(
      Command.withSubcommands([
        Command.provide(runbook.run, ({ file }) => on(({ runbooks }) => runbooks(file))),
        Command.provide(
          runbook.check,
          on(({ runbookChecks }) => runbookChecks)
        ),
        Command.provide(
          runbook.erase,
          on(({ records }) => records)
        ),
        Command.provide(runbook.bounds, ({ file }) => on(({ runbooks }) => runbooks(file))),
        Command.provide(
          runbook.list,
          on(({ records }) => records)
        ),
        Command.provide(
          runbook.show,
          on(({ records }) => records)
        )
      ])
    ),
    Command.provide(
      resume,
      on(({ repetition }) => repetition)
    ),
    Command.provide(
      replay,
      on(({ repetition }) => repetition)
    ),
    Command.provide(
      session.command,
      on(({ stewardship }) => stewardship)
    ),
    Command.provide(
      steward.command,
      on(({ stewardship }) => stewardship)
    ),
    Command.provide(
      webhooks.command,
      on(({ telling }) => telling)
    ),
    Command.provide(
      token,
      on(({ tokens }) => tokens)
    ),
    Command.provide(
      budgets,
      on(({ accounts }) => accounts)
    ),
    Command.provide(
      capabilities,
      on(
        ({ capabilities }) =>
          () =>
            capabilities()
      )
    ),
    Command.provide(
      capability,
      on(({ runtime }) => runtime)
    ),
    memory.command.pipe(
      Command.withSubcommands([
        Command.provide(
          memory.write,
          on(({ remembering }) => remembering)
        ),
        Command.provide(
          memory.list,
          on(({ remembering }) => remembering)
        ),
        Command.provide(
          memory.show,
          on(({ remembering }) => remembering)
        ),
        Command.provide(
          memory.forget,
          on(({ remembering }) => remembering)
        ),
        Command.provide(
          memory.packs,
          on(({ packing }) => packing)
        )
      ])
    ),
    Command.provide(
      validate,
      on(({ examination }) => examination)
    ),
    Command.provide(
      doctor,
      on(({ examination }) => examination)
    ),
    Command.provide(
      invariants,
      on(({ integrity }) => integrity)
    ),
    Command.provide(
      greeting,
      on(({ configuration }) => configuration)
    ),
    Command.provide(
      about,
      on(({ description }) => description)
    )
  ]),
  Command.provideEffectDiscard(({ output }) => Ref.set(format, output))
)

let endsWell = false

const program = Command.run(io3, { version: VERSION }).pipe(
  Effect.catchTag("ShowHelp", () => Effect.fail(new UsageError())),
  Effect.catchDefect((defect) =>
    Effect.andThen(Effect.logDebug(anatomy(defect)), Effect.fail(failure("INTERNAL_ERROR", "setup")))
  ),
  Effect.tap(taken),
  Effect.tapErrorTag("UsageError", () => taken),
  Effect.tapErrorTag("RuntimeFailure", (reason) =>
    Ref.get(format).pipe(
      Effect.map((wanted) => (reason.code === "OUTPUT_FAILED" ? "text" : wanted)),
      Effect.flatMap((wanted) => onDemand(({ complain }) => complain)({ wanted, reason })),
      Effect.ignore,
      // Where not even that can be loaded, the code and its sentence are at hand.
      Effect.catchDefect(() => Console.error(reason.message))
    )
  ),
  Effect.provide(
    Layer.mergeAll(
      NodeServices.layer,
      Layer.succeed(Ending, {
        well: Effect.sync(() => {
          endsWell = true
        }),
        again: Effect.callback((resume) => {
          const end = () => resume(Effect.void)
          process.once("SIGINT", end).once("SIGTERM", end)
        })
      }),
      Layer.sync(CommandTree, () => ({ commands: below(io3) })),
      presenter,
      debugging,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    )
  )
)

watchStreams()

/** `nohup` starts a program that ignores the signal; a listener would have it heard again. */
const isIgnored = (signal: number): boolean => {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]
    return ((BigInt(`0x${ignored ?? 0}`) >> BigInt(signal - 1)) & 1n) === 1n
  } catch {
    return false
  }
}

// A terminal that is closed cancels, as Ctrl-C does; the shell and the system may both tell.
if (!isIgnored(constants.signals.SIGHUP)) process.on("SIGHUP", () => process.emit("SIGTERM"))

// Each failure knows its exit code; an interruption is 130, but where it is the way to end.
NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) =>
    Runtime.defaultTeardown(exit, (code) =>
      onExit(code === Exit.interrupted && endsWell ? Exit.success : code)
    )
})
