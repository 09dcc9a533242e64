/** Owns how an answer reaches standard output: a terminal gets no control characters, a file or a pipe the exact text. */
import { Effect, Stdio } from "effect"
import type { Released, ReleasedChunk } from "../core/run/Release.ts"
import { write } from "./Output.ts"
import { plainPieces } from "./Plain.ts"

/** For the pieces of one answer. */
export const writer = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  if (!(yield* stdio.stdoutIsTerminal)) return write
  const plain = plainPieces()
  return (text: string) => write(plain(text))
})

/** A whole answer and the line break after it. */
export const say = Effect.fnUntraced(function* (answer: ReleasedChunk) {
  const out = yield* writer
  yield* out(answer.text)
  yield* write("\n")
})

/** What a capability has made beside an answer: a line of JSON by itself, the last one. */
export const sayOutput = Effect.fnUntraced(function* ({ released }: { readonly released: Released }) {
  const { output } = released
  if (output === null) return
  const out = yield* writer
  yield* out(`${output}\n`)
})
