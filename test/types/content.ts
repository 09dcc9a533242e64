/**
 * What content does not let one write. Each line below a mark must fail to compile; when one compiles, the mark itself
 * is the error. The functions are never called.
 */
import { type Effect, Schema } from "effect"
import { Content, type IsClosed, reveal } from "../../src/domain/Content.ts"
import { type Event, RunAccepted } from "../../src/domain/Event.ts"
import { failure } from "../../src/domain/Failure.ts"
import type { Digest } from "../../src/domain/Ids.ts"
import { encode } from "../../src/domain/ledger/Ledger.ts"
import type { Sealed } from "../../src/ports/Vault.ts"

declare const content: Content
declare const accepted: typeof RunAccepted.Type

export const making = () => [
  // @ts-expect-error TS2673: the constructor is private
  new Content("words"),
  // @ts-expect-error TS18013: so is the text
  content.#text,
  // @ts-expect-error TS2345: only text can be wrapped
  Content.of(content)
]

export const passing = (): ReadonlyArray<string> => [
  // @ts-expect-error TS2322: content is not text
  content,
  // @ts-expect-error TS2345: not even where anything that has a string form would do
  "".concat(content),
  // @ts-expect-error TS2352: nor as a digest
  content as Digest
]

export const recording = (): ReadonlyArray<Event> => [
  // @ts-expect-error TS2322: an event has no place for content
  { ...accepted, mode: content },
  // @ts-expect-error TS2353: nor can it be given one
  { ...accepted, prompt: content },
  // @ts-expect-error TS2322: nor does a plain string pass for a name
  { ...accepted, mode: "words" as string }
]

export const writing = () => [
  // @ts-expect-error TS2345: content is no event
  encode(content),
  // @ts-expect-error TS2345: nor a code
  failure(content, "draft"),
  // @ts-expect-error TS2739: nor a place
  failure("INTERNAL_ERROR", "draft", { places: [content] }),
  // @ts-expect-error TS2353: a failure has no message of its own
  failure("INTERNAL_ERROR", "draft", { message: "words" })
]

export const sealing = (sealed: Sealed): Sealed => ({
  ...sealed,
  // @ts-expect-error TS2740: what is at rest is bytes
  bytes: content
})

export const using = () => [
  // @ts-expect-error TS2322: a computation may not carry the text away
  content.use((text) => text),
  // @ts-expect-error TS2322: nor a part of it
  content.use((text) => text[0]),
  // @ts-expect-error TS2322: nor a list of words
  content.use((text) => text.split(" ")),
  // @ts-expect-error TS2322: nor a structure
  content.use((text) => ({ text })),
  // @ts-expect-error TS2345: labels are fixed words of the program
  content.classify([], (text) => text)
]

export const decoding = () => [
  // @ts-expect-error TS2345: a free string
  content.decode(Schema.String),
  // @ts-expect-error TS2345: a free string in a structure
  content.decode(Schema.Struct({ ok: Schema.Boolean, reason: Schema.String })),
  // @ts-expect-error TS2345: a free string in a list
  content.decode(Schema.Array(Schema.NullOr(Schema.String))),
  // @ts-expect-error TS2345: a free string as a key
  content.decode(Schema.Record(Schema.String, Schema.Boolean)),
  // @ts-expect-error TS2345: anything at all
  content.decode(Schema.Unknown),
  // @ts-expect-error TS2345: anything under another name
  content.decode(Schema.Any),
  // @ts-expect-error TS2589: any JSON, whose type never ends
  content.decode(Schema.Json)
]

/** The other way about: what must compile. */
export const allowed = (): ReadonlyArray<unknown> => [
  content.use((text) => text.length),
  content.use((text) => text.includes("x")),
  content.use((text) => Content.of(text.toUpperCase())),
  content.classify(["no", "yes"], (text) => text.trim()),
  content.decode(Schema.Struct({ ok: Schema.Boolean, mark: Schema.Literals(["a", "b"]) })),
  reveal(content)
]

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const isTrue = <_ extends true>() => true
export const closed = [
  isTrue<Equal<IsClosed<{ readonly a: "x" | "y"; readonly b: ReadonlyArray<number> }>, true>>(),
  isTrue<Equal<IsClosed<string>, false>>(),
  isTrue<Equal<IsClosed<{ readonly a?: string }>, false>>(),
  isTrue<Equal<IsClosed<ReadonlyArray<{ readonly a: { readonly b: string | null } }>>, false>>(),
  isTrue<Equal<IsClosed<Readonly<Record<string, number>>>, false>>(),
  isTrue<Equal<IsClosed<unknown>, false>>(),
  isTrue<Equal<IsClosed<Effect.Effect<string>>, false>>()
]
