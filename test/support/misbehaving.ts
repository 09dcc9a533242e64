/**
 * Owns capabilities that do not do what they should. Each is this module under another query, so that the thread they
 * work in can import them: `?how=loops`.
 */
import { Schema } from "effect"
import { appendFileSync } from "node:fs"
import { parentPort } from "node:worker_threads"
import { Capability, type Definition } from "../../src/adapters/capability/Definition.ts"

const forever = (): never => {
  for (;;) {
    // Nothing but ending its thread ends this.
  }
}

const cycle = () => {
  const self: Record<string, unknown> = {}
  self["self"] = self
  return self
}

const nested = (depth: number): unknown => (depth === 0 ? {} : { in: nested(depth - 1) })

/** What each does with the text it is given. */
const ways = {
  answers: (text: string) => ({ said: text }),
  waits: (text: string) => new Promise((resolve) => setTimeout(() => resolve({ said: text }), 20)),
  loops: forever,
  hangs: () => new Promise(() => {}),
  /** Speaks in its thread's place. */
  interrupts: () => {
    parentPort?.postMessage(null)
    return new Promise(() => {})
  },
  forges: () => {
    for (const call of Array.from({ length: 200 }, (_, at) => at)) {
      parentPort?.postMessage({
        _tag: "Performed",
        call,
        durationMillis: -5,
        performed: { _tag: "Answered", refused: null, output: { text: "{}", chars: 2 } }
      })
    }
    return new Promise(() => {})
  },
  hears: (text: string) => {
    // What would stop a polite one does not stop this one.
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {})
    setInterval(() => {}, 1)
    return new Promise(() => text)
  },
  backtracks: (text: string) => ({ said: /^(?:a+)+$/.test(`${"a".repeat(64)}${text}`) }),
  throws: (text: string) => {
    throw new Error(text)
  },
  throwsText: (text: string) => {
    throw text
  },
  rejects: (text: string) => Promise.reject(new Error(text)),
  floats: (text: string) => {
    void Promise.reject(new Error(text))
    return new Promise(() => {})
  },
  exits: () => process.exit(0),
  allocates: () => {
    const all: Array<unknown> = []
    for (;;) all.push({ all: [all.length] })
  },
  deepens: () => {
    const deeper = (): number => 1 + deeper()
    return { said: deeper() }
  },
  says: () => ({ said: "é".repeat(101) }),
  saysMuch: () => ({ said: "\n".repeat(20_000_000) }),
  lists: () => ({ said: Array.from({ length: 200_000 }, () => "") }),
  otherType: () => ({ said: 7 }),
  list: () => [],
  nothing: () => undefined,
  moreKeys: () => ({ said: "", more: "" }),
  getter: (text: string) => ({
    get said() {
      throw new Error(text)
    }
  }),
  bigInteger: () => ({ any: 1n }),
  cycles: () => ({ any: cycle() }),
  functions: () => ({ any: () => {} }),
  notANumber: () => ({ any: Number.NaN }),
  date: () => ({ any: new Date(0) }),
  deep: () => ({ any: nested(64) }),
  deepest: () => ({ any: nested(62) }),
  wide: () => {
    let any: unknown = ""
    for (let depth = 0; depth < 60; depth++) any = [any, any]
    return { any }
  },
  refuses: (text: string) => Capability.refuse("TOO_QUIET" as never, { said: text }),
  refusesOtherwise: () => Capability.refuse("UNDECLARED" as never, { said: "" }),
  refusesWith: (text: string) => Capability.refuse(text as never, { said: "" }),
  /** Writes to the file that it is given the name of, for as long as it is let. */
  writes: (file: string): never => {
    for (;;) appendFileSync(file, ".")
  },
  prints: (text: string) => {
    process.stdout.write(text)
    process.stderr.write(text)
    return { said: "" }
  },
  environment: () => ({ said: Object.keys(process.env).join() })
} satisfies Readonly<Record<string, (text: string) => unknown>>

export type Way = keyof typeof ways

const unchecked = new Set<Way>([
  "bigInteger",
  "cycles",
  "functions",
  "notANumber",
  "date",
  "deep",
  "deepest",
  "wide"
])

/** One of them; it has time enough unless told otherwise. */
export const misbehaving = (how: Way, bounds: Partial<Definition["bounds"]> = {}): Definition =>
  Capability.define({
    id: `test.${how.toLowerCase()}`,
    version: "0.1",
    category: "computation",
    description: "Misbehaves",
    module: `${import.meta.url.split("?")[0]}?how=${how}`,
    bounds: { timeoutMillis: 60_000, maxInputChars: 200, maxOutputChars: 100, ...bounds },
    input: Schema.Struct({ text: Schema.optionalKey(Schema.String) }),
    output: (unchecked.has(how)
      ? Schema.Struct({ any: Schema.Unknown })
      : Schema.Struct({ said: Schema.Union([Schema.String, Schema.Array(Schema.String)]) })) as Schema.Codec<
      unknown,
      unknown
    >,
    errorCodes: ["TOO_QUIET"],
    run: ({ text = "" }) => ways[how](text)
  })

const here = new URL(import.meta.url).searchParams.get("how")
export default here !== null && here in ways ? misbehaving(here as Way) : undefined
