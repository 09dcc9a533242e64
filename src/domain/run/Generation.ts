/** Owns how an answer is to be made: what a model is told besides its messages. Numbers are recorded, words are content. */
import { Schema } from "effect"
import type { Content } from "../Content.ts"
import { ContentId, Count } from "../Ids.ts"
import { Kept, type NamedText } from "./Kept.ts"

/** How tokens are chosen, and where an answer ends. Null leaves it to the model's host. */
export interface Sampling {
  /** 0 to 2; 0 takes the likeliest token. */
  readonly temperature: number
  /** Nucleus sampling, 0 to 1. */
  readonly topP: number | null
  /** The same question with the same seed has the same answer, where the host can do that. */
  readonly seed: number | null
  /** At most four texts: the answer ends before the first of them, and has none of it. */
  readonly stop: ReadonlyArray<Content>
}

/** The likeliest answer, of which there is one: what a verdict has to be. */
export const exact: Sampling = { temperature: 0, topP: null, seed: null, stop: [] }

/** What the answer has to be, where a provider can enforce it: any JSON object, or what this JSON Schema (its JSON text) describes. */
export type Format =
  | { readonly _tag: "JsonObject" }
  | { readonly _tag: "JsonSchema"; readonly schema: Content }

const FORMATS = { json_object: "JsonObject", json_schema: "JsonSchema" } as const

/** What somebody wants of it; null leaves it to the configuration. What is sent is what is recorded, in millionths. */
export interface Generation {
  /** Lowers what is certified, and never raises it. */
  readonly maxOutputTokens: number | null
  readonly temperatureMicros: number | null
  readonly topPMicros: number | null
  readonly seed: number | null
  readonly stop: ReadonlyArray<Content>
  readonly format: Format | null
}

export const MAX_STOPS = 4

/** The same, as it is recorded: numbers, and of each text its digest and length. */
export const GenerationRecord = Schema.Struct({
  maxOutputTokens: Schema.NullOr(Count),
  temperatureMicros: Schema.NullOr(Count),
  topPMicros: Schema.NullOr(Count),
  seed: Schema.NullOr(Count),
  stop: Schema.Array(Kept).pipe(Schema.check(Schema.isMaxLength(MAX_STOPS))),
  format: Schema.NullOr(Schema.Literals(["json_object", "json_schema"])),
  /** There exactly where the format is `json_schema`. */
  schema: Schema.NullOr(Kept)
})
export type GenerationRecord = typeof GenerationRecord.Type

const MILLION = 1_000_000

export const micros = (value: number): number => Math.round(value * MILLION)

/** How a call samples: as somebody wants it, else as configured. */
export const samplingOf = (generation: Generation | null, temperature: number): Sampling => {
  const { temperatureMicros = null, topPMicros = null, seed = null, stop = [] } = generation ?? {}
  return {
    temperature: temperatureMicros === null ? temperature : temperatureMicros / MILLION,
    topP: topPMicros === null ? null : topPMicros / MILLION,
    seed,
    stop
  }
}

/** What a call is told of it. */
export const wishesOf = (generation: Generation | null, temperature: number) => ({
  sampling: samplingOf(generation, temperature),
  format: generation?.format ?? null
})

const SCHEMA = ContentId.make("schema")
const stopId = (index: number): ContentId => ContentId.make(`stop.${index + 1}`)

/** What is recorded of it, once its texts are kept. */
export const recordGeneration = (
  { stop, format, ...numbers }: Generation,
  keep: (id: ContentId, text: Content) => Kept
): GenerationRecord => ({
  maxOutputTokens: numbers.maxOutputTokens,
  temperatureMicros: numbers.temperatureMicros,
  topPMicros: numbers.topPMicros,
  seed: numbers.seed,
  stop: stop.map((text, index) => keep(stopId(index), text)),
  format: format && (format._tag === FORMATS.json_object ? "json_object" : "json_schema"),
  schema: format?._tag === "JsonSchema" ? keep(SCHEMA, format.schema) : null
})

/** The texts that a record names. */
export const textsOfGeneration = ({ stop, schema }: GenerationRecord): ReadonlyArray<NamedText> => [
  ...stop.map(({ digest }, index) => ({ id: stopId(index), digest })),
  ...(schema ? [{ id: SCHEMA, digest: schema.digest }] : [])
]

/** What was wanted, from its record and its texts; null where one of them is not there. */
export const generationFrom = (
  { stop, format, schema, ...numbers }: GenerationRecord,
  textOf: (id: ContentId) => Content | undefined
): Generation | null => {
  const stops = stop.flatMap((_, index) => textOf(stopId(index)) ?? [])
  const form = schema ? textOf(SCHEMA) : undefined
  if (stops.length < stop.length || (schema !== null && form === undefined)) return null
  return {
    ...numbers,
    stop: stops,
    format: form ? { _tag: "JsonSchema", schema: form } : format && { _tag: "JsonObject" }
  }
}

/** A format has a schema or is none that needs one, and no more is asked for than can be. */
export const isGeneration = ({
  maxOutputTokens,
  temperatureMicros,
  topPMicros,
  stop,
  format,
  schema
}: GenerationRecord): boolean =>
  maxOutputTokens !== 0 &&
  (temperatureMicros ?? 0) <= 2 * MILLION &&
  (topPMicros ?? 0) <= MILLION &&
  stop.every(({ chars }) => chars > 0) &&
  (schema !== null) === (format === "json_schema")
