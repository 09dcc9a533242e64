#!/usr/bin/env node
/** Owns the program: the command tree, the layers each command runs on, and the exit code. Nothing else provides layers. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer, Option, Ref } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"
import * as App from "./App.ts"
import { about } from "./cli/about.ts"
import { config } from "./cli/config.ts"
import { init, trust } from "./cli/init.ts"
import { ledger, runs } from "./cli/ledger.ts"
import { complain, type Format } from "./cli/Output.ts"
import { root } from "./cli/root.ts"
import { route } from "./cli/route.ts"
import { run } from "./cli/run.ts"
import { presenter, UsageError } from "./cli/Usage.ts"
import { VERSION } from "./cli/version.ts"
import { failure } from "./domain/Failure.ts"

/** What the shared flags say. */
const options = Effect.map(root, ({ data, configDir, offline }) =>
  App.here(
    { data: Option.getOrUndefined(data), configDirectory: Option.getOrUndefined(configDir), offline },
    "in-thread"
  )
)

const on = <A, E, R>(layer: (options: App.Options) => Layer.Layer<A, E, R>) =>
  Layer.unwrap(Effect.map(options, layer))

const format = Ref.makeUnsafe<Format>("text")

const io3 = root.pipe(
  Command.withSubcommands([
    Command.provide(run, on(App.runtime)),
    Command.provide(route, on(App.routing)),
    Command.provide(config, on(App.configuration)),
    Command.provide(init, on(App.preparation)),
    Command.provide(trust, on(App.preparation)),
    Command.provide(ledger, on(App.records)),
    Command.provide(runs, on(App.records)),
    Command.provide(about, on(App.project))
  ]),
  Command.provideEffectDiscard(({ output }) => Ref.set(format, output))
)

const program = Command.run(io3, { version: VERSION }).pipe(
  Effect.catchTag("ShowHelp", () => Effect.fail(new UsageError())),
  Effect.catchDefect(() => Effect.fail(failure("INTERNAL_ERROR", "setup"))),
  Effect.tapErrorTag("RuntimeFailure", (reason) =>
    Effect.flatMap(Ref.get(format), (wanted) => complain(wanted, reason))
  ),
  Effect.provide(
    Layer.mergeAll(
      NodeServices.layer,
      presenter,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    )
  )
)

// A reader that goes away (`io3 run … | head -1`) is not a fault of ours.
process.stdout.on("error", () => {})

// Each failure knows its exit code; an interruption is 130.
NodeRuntime.runMain(program, { disableErrorReporting: true })
