/** Owns processes that a test starts and outlives: their lines as they come, and their end. */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

export interface Child {
  readonly process: ChildProcess
  /** What it has said so far. */
  readonly lines: ReadonlyArray<string>
  /** Waits until it has said so many lines, or its end. */
  readonly said: (count: number) => Effect.Effect<void>
  /** Waits for its end and for everything it said before; gives its exit code, null when it was killed. */
  readonly ended: Effect.Effect<number | null>
}

/** Starts a program; it is killed with the scope if it still runs then. */
export const start = (
  command: string,
  args: ReadonlyArray<string>,
  /** `open` until somebody ends it. */
  stdin: "open" | "ended" = "ended"
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      if (stdin === "ended") child.stdin.end()
      const lines: Array<string> = []
      const reader = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
      const closed = once(child, "close")
      const said = (count: number) =>
        Effect.callback<void>((resume) => {
          const done = () => {
            reader.off("line", look)
            resume(Effect.void)
          }
          const look = () => void (lines.length >= count && done())
          reader.on("line", look)
          void closed.then(done)
          look()
        })
      return {
        process: child,
        lines,
        said,
        ended: Effect.promise(() => closed).pipe(Effect.map(() => child.exitCode))
      }
    }
  )

const fileOf = (name: string): string => new URL(name, import.meta.url).pathname

/** Starts a TypeScript program of `test/support`. */
export const startProgram = (name: string, ...args: ReadonlyArray<string>) =>
  start(process.execPath, [fileOf(name), ...args])

/** The same, which waits until its standard input is ended. */
export const startWaiting = (name: string, ...args: ReadonlyArray<string>) =>
  start(process.execPath, [fileOf(name), ...args], "open")

/** Starts a program that is one file and does what it is told on its standard input. */
export const startWith = (path: string, ...args: ReadonlyArray<string>) =>
  start(process.execPath, [path, ...args], "open")
