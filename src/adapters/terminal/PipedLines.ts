/** Owns the lines of standard input where nobody is prompted: one after the other, each no longer than a prompt may be. */
import { Effect, type Scope } from "effect"
import type { Readable } from "node:stream"
import { Content } from "../../domain/Content.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Heard, Lines } from "../../ports/Lines.ts"

/** As much as a prompt may have. */
const MOST_BYTES = 1024 * 1024
const BREAK = 0x0a

export const make = Effect.fnUntraced(function* (
  input: Readable
): Effect.fn.Return<Lines["Service"], never, Scope.Scope> {
  const pieces: AsyncIterator<Uint8Array, unknown> = input.iterator({ destroyOnReturn: false })
  let rest: Uint8Array = new Uint8Array()
  let isOver = false

  const more = Effect.tryPromise({
    try: () => pieces.next(),
    catch: () => {
      // What cannot be read once is not tried for ever.
      isOver = true
      return failure("FILE_UNREADABLE", "setup")
    }
  })

  /** The bytes of a line, cut where they are too many; null after the last one. */
  const next = Effect.gen(function* () {
    const line: Array<Uint8Array> = []
    let length = 0
    for (;;) {
      const at = rest.indexOf(BREAK)
      const end = at < 0 ? rest.length : at
      // One byte too many says as much as a million.
      const piece = rest.subarray(0, Math.min(end, MOST_BYTES + 1 - length))
      if (piece.length > 0) line.push(piece)
      length += piece.length
      rest = rest.subarray(end + 1)
      if (at >= 0) return Buffer.concat(line)
      if (isOver) return length === 0 ? null : Buffer.concat(line)
      const read = yield* more
      if (read.done) isOver = true
      else rest = read.value
    }
  })

  // A process that has read enough does not wait for who writes on.
  yield* Effect.addFinalizer(() => Effect.sync(() => input.destroy()))
  return {
    isTerminal: false,
    ask: () =>
      Effect.flatMap(next, (line) => (line === null ? Effect.succeed<Heard>({ _tag: "Ended" }) : read(line))),
    interrupted: Effect.never
  }
})

const read = (line: Buffer): Effect.Effect<Heard, RuntimeFailure> => {
  if (line.length > MOST_BYTES) return Effect.fail(failure("PROMPT_TOO_LARGE", "setup"))
  return Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(line).replace(/\r$/u, ""),
    catch: () => failure("FILE_NOT_TEXT", "setup")
  }).pipe(
    Effect.filterOrFail(
      (text) => !text.includes("\0"),
      () => failure("FILE_NOT_TEXT", "setup")
    ),
    Effect.map((text): Heard => ({ _tag: "Line", content: Content.of(text) }))
  )
}
