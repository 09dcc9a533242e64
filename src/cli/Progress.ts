/** Owns the line that says how far long work is: on a terminal, redrawn in its place, gone at the end, and nowhere else. */
import { Config, type Duration, Effect, FiberHandle, Schedule, Stdio } from "effect"

export interface Progress {
  /** Draws the line, and again every second, until it is another one or gone; `wait` is how long that may take to begin with. */
  readonly show: (line: Effect.Effect<string>, wait?: Duration.Input) => Effect.Effect<void>
  readonly gone: Effect.Effect<void>
}

const nowhere: Progress = { show: () => Effect.void, gone: Effect.void }

/** Where a terminal does not say how wide it is. */
const COLUMNS = 80

/** Blanks and a carriage return are enough: there is no escape in it, whatever the terminal understands. */
export const progress = Effect.fnUntraced(function* (isWanted: boolean) {
  const { stderrIsTerminal } = yield* Stdio.Stdio
  const term = yield* Config.String("TERM").pipe(
    Config.withDefault(""),
    Effect.orElseSucceed(() => "dumb")
  )
  if (!isWanted || term === "dumb" || !(yield* stderrIsTerminal)) return nowhere
  let drawn = 0
  const draw = (text: string) =>
    Effect.sync(() => {
      const line = text.slice(0, (process.stderr.columns || COLUMNS) - 1)
      process.stderr.write(`\r${line.padEnd(drawn)}`)
      drawn = line.length
    })
  const erase = Effect.sync(() => {
    if (drawn > 0) process.stderr.write(`\r${" ".repeat(drawn)}\r`)
    drawn = 0
  })
  const drawing = yield* FiberHandle.make()
  const gone = Effect.andThen(FiberHandle.clear(drawing), erase)
  yield* Effect.addFinalizer(() => gone)
  const shown: Progress = {
    show: (line, wait = 0) =>
      Effect.flatMap(line, draw).pipe(
        Effect.repeat(Schedule.spaced("1 second")),
        Effect.delay(wait),
        FiberHandle.run(drawing, { startImmediately: true }),
        Effect.asVoid
      ),
    gone
  }
  return shown
})
