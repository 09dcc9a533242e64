/**
 * Owns text that came from a person, a model or a file; it does not decide who may read it.
 *
 * A `Content` prints as `<content>`, refuses JSON and offers combinators whose results are closed: more content, a number,
 * a boolean, a label from a fixed list, or a structure without free strings. The raw text is reachable through `reveal`
 * alone, which the architecture check allows in provider and capability adapters, the vault and `core/run/Release`.
 */
import { Option, Schema, SchemaGetter } from "effect"

const PLACEHOLDER = "<content>"
let textOf: (content: Content) => string

export class Content {
  readonly #text: string
  /** Measured when it is first asked for, and often asked for again. */
  #length: number | null = null
  #bytes: number | null = null

  private constructor(text: string) {
    this.#text = text
  }

  static {
    textOf = (content) => content.#text
  }

  /** Wraps text. Always safe: wrapping takes rights away. Lone surrogates become U+FFFD, as they would on any wire. */
  static of(text: string): Content {
    return new Content(text.toWellFormed())
  }

  static readonly empty: Content = Content.of("")

  /** Joins contents and fixed words of the program into one content. */
  static concat(parts: Iterable<Content | string>): Content {
    let text = ""
    for (const part of parts) text += typeof part === "string" ? part : part.#text
    return new Content(text)
  }

  /** Length in Unicode code points. */
  get length(): number {
    return (this.#length ??= lengthOf(this.#text))
  }

  /** Length in UTF-8 bytes: no tokenizer yields more tokens than this. */
  get bytes(): number {
    return (this.#bytes ??= bytesOf(this.#text))
  }

  get isBlank(): boolean {
    return this.#text.trim().length === 0
  }

  /** A part, in code points. */
  slice(start: number, end?: number): Content {
    // Mostly every code point is one unit.
    const isPlain = this.length === this.#text.length
    return new Content(isPlain ? this.#text.slice(start, end) : [...this.#text].slice(start, end).join(""))
  }

  trim(): Content {
    return new Content(this.#text.trim())
  }

  equals(that: Content): boolean {
    return this.#text === that.#text
  }

  /** Computes something that cannot carry the text away. */
  use<A extends Content | number | boolean>(f: (text: string) => A): A {
    const result = f(this.#text)
    if (typeof result !== "number" && typeof result !== "boolean" && !(result instanceof Content)) {
      throw new TypeError("Content.use may yield content, a number or a boolean")
    }
    return result
  }

  /** Sorts the text under one of the given labels; the first label is the answer when `f` names none of them. */
  classify<const L extends string>(labels: readonly [L, ...Array<L>], f: (text: string) => string): L {
    const label = f(this.#text)
    return labels.find((candidate) => candidate === label) ?? labels[0]
  }

  /**
   * Parses the text as JSON of a closed shape: one whose type has no free string in it, or `schema` is refused. The
   * text must be exactly that: no other key, and none twice.
   */
  decode<A>(schema: IsClosed<A> extends true ? Schema.Decoder<A> : never): Option.Option<A> {
    return Option.flatMap(parseJson(this.#text), (value) =>
      Schema.decodeUnknownOption<Schema.Decoder<A>>(schema)(value, { onExcessProperty: "error" }).pipe(
        // By now the value is no deeper than the schema.
        Option.filter(() => members(this.#text) === keys(value))
      )
    )
  }

  toString(): string {
    return PLACEHOLDER
  }

  toJSON(): never {
    throw new TypeError("content has no JSON form")
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return PLACEHOLDER
  }
}

/** The text is well-formed: each first half of a pair has its second. */
const lengthOf = (text: string): number => {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800) count--
  }
  return count
}

const bytesOf = (text: string): number => {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7ff && (unit & 0xf800) !== 0xd800) count += 2
    else if (unit > 0x7f) count += 1
  }
  return count
}

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** How many members JSON text writes down: colons outside of strings. */
const members = (text: string): number =>
  text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"/gsu, "").replaceAll(/[^:]/gu, "").length

/** How many members a parsed value has: fewer than were written when a key stood twice. */
const keys = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? (Array.isArray(value) ? 0 : Object.keys(value).length) +
      Object.values(value).reduce((sum: number, item) => sum + keys(item), 0)
    : 0

/** The raw text. Allowed in provider and capability adapters, the vault and `core/run/Release`; see `scripts/architecture.ts`. */
export const reveal = (content: Content): string => textOf(content)

/** `true` when `A` holds no free `string`, not even as a key; literal and branded strings are closed. */
export type IsClosed<A> = A extends string
  ? string extends A
    ? false
    : true
  : A extends number | boolean | null | undefined
    ? true
    : A extends ReadonlyArray<infer E>
      ? IsClosed<E>
      : A extends object
        ? string extends keyof A
          ? false
          : false extends { [K in keyof A]-?: IsClosed<A[K]> }[keyof A]
            ? false
            : true
        : false

/** Configuration text (a persona, a profile) as content: decodes from a string, refuses to be encoded again. */
export const ContentFromString = Schema.String.pipe(
  Schema.decodeTo(
    Schema.declare((input): input is Content => input instanceof Content),
    {
      decode: SchemaGetter.transform((text: string) => Content.of(text)),
      encode: SchemaGetter.forbiddenEncoding
    }
  )
)
