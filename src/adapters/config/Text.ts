/** Owns how bytes become text that may be parsed, what is too much of it, and how a place in it is refused. */
import { Result } from "effect"
import type { ConfigFault } from "../../domain/config/ConfigPlace.ts"

/** Levels below the top. */
export const MAX_DEPTH = 32
export const MAX_VALUES = 20_000

/** What stopped the reading, and where in the text, in UTF-16 units from its start. */
export interface Refused {
  readonly fault: ConfigFault
  readonly offset: number
}
export type Read<A> = Result.Result<A, Refused>
export const refuse = (fault: ConfigFault, offset: number) => Result.fail<Refused>({ fault, offset })

/** UTF-8 without NUL; a byte order mark at its start is left out. */
export const textOf = (bytes: Uint8Array): Read<string> =>
  Result.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: (): Refused => ({ fault: "not_text", offset: 0 })
  }).pipe(Result.flatMap((text) => (text.includes("\0") ? refuse("not_text", 0) : Result.succeed(text))))
