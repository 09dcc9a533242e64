/** Owns how `io3 runs` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { Mode } from "../../domain/Ids.ts"
import { Standing } from "../../domain/run/Standing.ts"
import { parse } from "../Moment.ts"
import { onDemand } from "../OnDemand.ts"
import { cursor, limit } from "./PageFlags.ts"

export const command = Command.make("runs").pipe(Command.withDescription("Look after runs"))

const moment = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("TIME"),
    Flag.withDescription(`${description}: 2026-01-31, 2026-01-31T12:00, or 90m, 12h, 7d ago`),
    Flag.filterMap(parse, () => "not a time"),
    Flag.optional
  )

export const list = Command.make(
  "list",
  {
    standing: Flag.Literals("standing", Standing.literals).pipe(
      Flag.withDescription("Only runs that stand there"),
      Flag.optional
    ),
    mode: Flag.String("mode").pipe(
      Flag.withDescription("Only runs of this mode of the routing table, e.g. executor"),
      Flag.withSchema(Mode),
      Flag.optional
    ),
    since: moment("since", "Only runs from then on"),
    until: moment("until", "Only runs up to then"),
    limit,
    cursor
  },
  onDemand(({ runs }) => runs.list)
).pipe(
  Command.withDescription("List runs, the newest first"),
  Command.withExamples([{ command: "io3 runs list --standing failed --since 7d" }])
)

export const show = Command.make(
  "show",
  {
    run: Argument.String("run").pipe(Argument.withDescription("A run id, or as much of it as is unique")),
    text: Flag.Boolean("text").pipe(
      Flag.withoutNegation,
      Flag.withDescription(
        "Print what left the run, and nothing else: its answer, or as much of it as was out"
      ),
      Flag.withDefault(false)
    )
  },
  onDemand(({ runs }) => runs.show)
).pipe(
  Command.withDescription(
    "Show what a run was allowed, what it cost and how it ended, or say its answer again"
  )
)

export const recover = Command.make(
  "recover",
  {},
  onDemand(({ runs }) => runs.recover)
).pipe(
  Command.withDescription("End what dead processes left open, or go on with it where an answer was paid for")
)

export const erase = Command.make(
  "erase",
  {
    run: Argument.String("run").pipe(
      Argument.withDescription("The id of a run that has ended, or as much of it as is unique")
    ),
    yes: Flag.Boolean("yes").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Do not ask; required where there is no terminal"),
      Flag.withDefault(false)
    )
  },
  onDemand(({ erase }) => erase.erase)
).pipe(Command.withDescription("Destroy the keys of a run's texts for good; its record stands"))
