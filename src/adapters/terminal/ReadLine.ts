/**
 * Owns the line editor of a terminal, on `node:readline`, and its absence in a pipe.
 *
 * Effect's `Terminal` is not enough: its `readLine` has neither prompt nor editing nor recall, and leaves Ctrl-C to the
 * process, which would end; its `readInput` gives keys, from which an editor would have to be written, and ends for good at
 * the first Esc. Both tell an interruption and the end of the input by the same `QuitError`.
 *
 * Keys are read here and handed on to the editor one by one, so that what is typed while an answer comes neither shows in
 * it nor is lost, and Ctrl-C has one meaning there and another at the prompt.
 */
import { Config, Effect, Layer, type Scope } from "effect"
import { createInterface, emitKeypressEvents, type Key } from "node:readline"
import { PassThrough } from "node:stream"
import type { ReadStream, WriteStream } from "node:tty"
import { Content } from "../../domain/Content.ts"
import { type Heard, Lines } from "../../ports/Lines.ts"
import * as PipedLines from "./PipedLines.ts"

/** Standard input when somebody sits before it and sees what is written, else as the lines of a pipe. */
export const layer: Layer.Layer<Lines> = Layer.effect(
  Lines,
  Effect.suspend(() => {
    const screen = [process.stderr, process.stdout].find(({ isTTY }) => isTTY)
    return process.stdin.isTTY && screen ? onTerminal(process.stdin, screen) : PipedLines.make(process.stdin)
  })
)

interface Stroke {
  readonly text: string | undefined
  readonly key: Key
}

const RECALLED = 1000
/** Before the lines of a paste, but for the first. */
const MORE = "… "
/** Asks a terminal to say where pasted text begins and ends. */
const PASTES = { on: "\u001b[?2004h", off: "\u001b[?2004l" }
/** What a terminal would obey instead of showing it. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu

const onTerminal = Effect.fnUntraced(function* (
  keyboard: ReadStream,
  screen: WriteStream
): Effect.fn.Return<Lines["Service"], never, Scope.Scope> {
  const term = yield* Effect.orElseSucceed(Config.String("TERM"), () => "dumb")
  const tellsPastes = term !== "dumb"
  // Its own input stays empty: it is told each key.
  const editor = createInterface({
    input: new PassThrough(),
    output: screen,
    terminal: true,
    historySize: RECALLED,
    removeHistoryDuplicates: true
  })
  let strokes: Array<Stroke> = []
  /** Where the keyboard is: between the marks of a paste, in the rest of one that was interrupted, or outside. */
  let marks: "none" | "open" | "dropped" = "none"
  /** Text between the marks of a paste; null outside of one. */
  let pasting: string | null = null
  /** Whole lines that were pasted into what is typed now. */
  let pasted: Array<string> = []
  let asking: ((heard: Heard) => void) | null = null
  let stopping: (() => void) | null = null
  let isStopped = false
  let isOver = false

  const hear = (heard: Heard) => {
    const tell = asking
    asking = null
    pasted = []
    if (tellsPastes) screen.write(PASTES.off)
    tell?.(heard)
  }

  editor.on("line", (line) => {
    if (pasting !== null) {
      pasted.push(line)
      editor.setPrompt(MORE)
      return editor.prompt()
    }
    const lines = pasted
    if (lines.length === 0) return hear({ _tag: "Line", content: Content.of(line) })
    // A paste that ended its last line has nothing after it.
    const all = line === "" ? lines : [...lines, line]
    hear({ _tag: "Block", content: Content.of(all.join("\n")) })
  })

  const interrupt = () => {
    strokes = []
    pasting = null
    if (!asking) {
      isStopped = true
      return stopping?.()
    }
    const nothing = editor.line === "" && pasted.length === 0
    editor.write(null, { ctrl: true, name: "e" })
    editor.write(null, { ctrl: true, name: "u" })
    screen.write("^C\n")
    hear({ _tag: "Interrupted", nothing })
  }

  /** A line break within the marks ends a line, and does not send it. */
  const paste = (text: string) => {
    pasting = ""
    editor.write(text.replaceAll(/\r\n?/gu, "\n").replaceAll(CONTROLS, ""))
    pasting = null
  }

  const strike = ({ text, key }: Stroke) => {
    if (key.name === "paste-start") pasting = ""
    else if (key.name === "paste-end") paste(pasting ?? "")
    else if (pasting !== null) pasting += text ?? ""
    else if (key.ctrl && key.name === "d" && editor.line === "") {
      screen.write("\n")
      hear({ _tag: "Ended" })
    } else editor.write(text ?? "", key)
  }

  /** Up to the end of what was asked for; the rest was typed ahead. */
  const drain = () => {
    let stroke = asking ? strokes.shift() : undefined
    while (stroke) {
      strike(stroke)
      stroke = asking ? strokes.shift() : undefined
    }
  }

  const suspend = () => {
    if (tellsPastes) screen.write(PASTES.off)
    keyboard.setRawMode(false)
    process.once("SIGCONT", () => {
      keyboard.setRawMode(true)
      if (asking) prompt()
    })
    process.kill(process.pid, "SIGTSTP")
  }

  const prompt = () => {
    if (tellsPastes) screen.write(PASTES.on)
    editor.prompt(true)
  }

  const press = (text: string | undefined, key: Key) => {
    if (key.name === "paste-start") marks = "open"
    if (key.ctrl && key.name === "c") {
      // One that came with a paste must not have the rest of it taken for typed; the next one is somebody's own.
      marks = marks === "open" ? "dropped" : "none"
      return interrupt()
    }
    const isDropped = marks === "dropped"
    if (key.name === "paste-end") marks = "none"
    if (isDropped) return
    if (key.ctrl && key.name === "z" && marks === "none") return suspend()
    strokes.push({ text, key })
    drain()
  }
  const end = () => {
    isOver = true
    if (asking) hear({ _tag: "Ended" })
  }

  yield* Effect.acquireRelease(
    Effect.sync(() => {
      emitKeypressEvents(keyboard)
      // A terminal that goes away may say so with an error.
      keyboard.on("keypress", press).on("end", end).on("error", end).setRawMode(true).resume()
    }),
    () =>
      Effect.sync(() => {
        keyboard.off("keypress", press).off("end", end).setRawMode(false).pause()
        if (asking && tellsPastes) screen.write(PASTES.off)
        editor.close()
      })
  )

  return {
    isTerminal: true,
    ask: (wanted) =>
      Effect.callback<Heard>((resume) => {
        isStopped = false
        asking = (heard) => resume(Effect.succeed(heard))
        if (isOver) return hear({ _tag: "Ended" })
        editor.setPrompt(wanted)
        prompt()
        drain()
      }),
    interrupted: Effect.callback<void>((resume) => {
      if (isStopped) return resume(Effect.void)
      stopping = () => resume(Effect.void)
      return Effect.sync(() => {
        stopping = null
      })
    })
  }
})
