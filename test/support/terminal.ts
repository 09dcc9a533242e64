/** Owns a person at a terminal: what they type, what they have seen of it, and the wait for what they have not. */
import { Effect } from "effect"
import { type Home, startOnTerminal, until } from "./io3.ts"

export const CTRL_C = "\u0003"
export const CTRL_D = "\u0004"
export const UP = "\u001b[A"
export const ENTER = "\r"

/** What a terminal obeys; the rest it shows. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/gu

/** Text as it is seen, but for what was erased from a line again. */
export const seenOf = (output: string): string => output.replaceAll(CONTROLS, "")

/** What stands on the screen at the end: a carriage return goes back, and what is written there replaces what was. */
export const screenOf = (output: string): ReadonlyArray<string> =>
  output.split("\n").map((line) =>
    line
      .split("\r")
      .reduce((shown, over) => over + shown.slice(over.length), "")
      .trimEnd()
  )

/** Sits somebody down before the program. `sees` waits for something new on the screen, and goes on behind it. */
export const sit = Effect.fnUntraced(function* (
  where: Home,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = { TERM: "xterm", NO_COLOR: "1" },
  patienceMillis?: number
) {
  const running = yield* startOnTerminal(where, args, environment, patienceMillis)
  let from = 0
  const screen = () => seenOf(running.stdout())
  const sees = (what: string | RegExp) =>
    Effect.gen(function* () {
      let found: RegExpExecArray | null = null
      const pattern = typeof what === "string" ? literally(what) : what
      yield* until(() => {
        found = pattern.exec(screen().slice(from))
        return found !== null
      }, patienceMillis).pipe(
        Effect.catchDefect(() => Effect.die(new Error(`not seen: ${what}\n${screen().slice(from)}`)))
      )
      const [text, at] = found === null ? ["", 0] : [found[0] as string, (found as RegExpExecArray).index]
      from += at + text.length
      return text
    })
  const typesNow = (text: string) => void running.process.stdin?.write(text)
  return {
    typesNow,
    types: (text: string) => Effect.sync(() => typesNow(text)),
    says: (line: string) => Effect.sync(() => typesNow(line + ENTER)),
    sees,
    /** All of it, with what the terminal obeyed. */
    raw: running.stdout,
    screen,
    /** Closes the terminal. */
    vanish: Effect.sync(() => running.process.kill("SIGKILL")),
    ended: running.ended
  }
})

const literally = (text: string) => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`), "u")
