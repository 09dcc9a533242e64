/** Owns what a capability is to whoever writes one: a declaration and a function, as the default export of a module. */
import type { Performed } from "./Wire.ts"
import { Effect, Schema } from "effect"
import type { Category } from "../../domain/capability/Capability.ts"
import type { JsonSchema } from "../../ports/Capability.ts"
import { write } from "./JsonText.ts"
import { isObject, read } from "./PayloadText.ts"

export interface Declaration<Input, Output, Refused extends string> {
  /** Lower-case parts with dots between them, e.g. `cap.word_count`. */
  readonly id: string
  readonly version: string
  readonly category: Category
  readonly description: string
  /** The URL of the module whose default export this is: `import.meta.url`, where the module is not bundled. */
  readonly module: string
  readonly bounds?: Partial<Sizes>
  /** A struct, or another Schema of an object. Keys that it does not name are refused. */
  readonly input: Schema.Codec<Input, unknown>
  readonly output: Schema.Codec<Output, unknown>
  /** The codes with which it may say no, see `refuse`. */
  readonly errorCodes?: ReadonlyArray<Refused>
  /** Reads its input and nothing else, and changes nothing. It runs in a thread of its own. */
  readonly run: (input: Input) => Answer<Output, Refused> | Promise<Answer<Output, Refused>>
}

/** The bounds that an author chooses. */
interface Sizes {
  readonly timeoutMillis: number
  readonly maxInputChars: number
  readonly maxOutputChars: number
}

type Answer<Output, Refused extends string> = Output | Refusal<Output, Refused>

/** An answer that says no. */
class Refusal<Output, Refused extends string> {
  readonly code: Refused
  readonly output: Output

  constructor(code: Refused, output: Output) {
    this.code = code
    this.output = output
  }
}

/** A declaration that can be registered and performed, whatever its types are. */
export interface Definition {
  readonly id: string
  readonly version: string
  readonly category: Category
  readonly description: string
  readonly module: string
  readonly bounds: Sizes
  readonly errorCodes: ReadonlyArray<string>
  readonly input: JsonSchema
  readonly output: JsonSchema
  /** Does the work on the text of a payload. An answer longer than this is measured and not kept. Never rejects. */
  readonly perform: (payload: string, maxOutputChars: number) => Promise<Performed>
}

type Fault = Extract<Performed, { readonly _tag: "Failed" }>["code"]

const DEFAULT_SIZES: Sizes = { timeoutMillis: 2000, maxInputChars: 20_000, maxOutputChars: 20_000 }
const strict = { onExcessProperty: "error" } as const

const define = <Input, Output, const Refused extends string = never>(
  declaration: Declaration<Input, Output, Refused>
): Definition => {
  const { id, version, category, description, module, input, output, errorCodes = [] } = declaration
  const bounds = { ...DEFAULT_SIZES, ...declaration.bounds }
  return {
    id,
    version,
    category,
    description,
    module,
    bounds,
    errorCodes,
    // Only who shows them needs them.
    get input() {
      return jsonSchema(input)
    },
    get output() {
      return jsonSchema(output)
    },
    perform: (payload, maxOutputChars) => Effect.runPromise(performed(declaration, payload, maxOutputChars))
  }
}

const performed = <Input, Output, Refused extends string>(
  { input, output, run }: Declaration<Input, Output, Refused>,
  payload: string,
  maxChars: number
): Effect.Effect<Performed> =>
  Effect.gen(function* () {
    const given = read(payload)
    if (typeof given === "string") return yield* Effect.fail<Fault>(given)
    const taken = yield* attempt("CAPABILITY_INVALID_PAYLOAD", () =>
      Schema.decodeUnknownSync(input, strict)(given)
    )
    const answer = yield* Effect.tryPromise({
      try: () => Promise.resolve(run(taken)),
      catch: (): Fault => "CAPABILITY_EXCEPTION"
    })
    return yield* attempt("CAPABILITY_OUTPUT_INVALID", (): Performed => {
      const refused = answer instanceof Refusal ? answer.code : null
      const said = answer instanceof Refusal ? answer.output : answer
      const encoded = Schema.encodeUnknownSync(output, strict)(said)
      if (!isObject(encoded)) throw new TypeError("not an object")
      return { _tag: "Answered", refused, output: write(encoded, { maxChars }) }
    })
  }).pipe(Effect.catch((code) => Effect.succeed<Performed>({ _tag: "Failed", code })))

/** What is thrown may quote what was given: nothing of it is kept. */
const attempt = <A>(code: Fault, action: () => A): Effect.Effect<A, Fault> =>
  Effect.try({ try: action, catch: () => code })

const jsonSchema = (schema: Schema.Constraint): JsonSchema => {
  const document = Schema.toJsonSchemaDocument(schema, strict)
  return {
    ...document.schema,
    ...(Object.keys(document.definitions).length > 0 && { $defs: document.definitions })
  }
}

/** Says no: an answer all the same, with a code that the capability declares. */
const refuse = <Output, const Refused extends string>(
  code: Refused,
  output: Output
): Refusal<Output, Refused> => new Refusal(code, output)

export const Capability = { define, refuse } as const
