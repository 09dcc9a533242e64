/**
 * Owns what crosses between the program and the thread that does the work of capabilities. What comes back is looked at before
 * it is believed: a capability can speak in its thread's place.
 */
import { Option, Schema } from "effect"
import { Count } from "../../domain/Ids.ts"

/** Which capability: the module whose default export it is, and what it has to say of itself. */
export interface Place {
  readonly module: string
  readonly id: string
  readonly version: string
}

/** Orders come one at a time: the next one after the last was answered. Each has a number, and its answer the same. */
export type Order =
  | { readonly _tag: "Load"; readonly call: number; readonly place: Place }
  /** To the capability that was loaded last. */
  | {
      readonly _tag: "Perform"
      readonly call: number
      readonly payload: string
      readonly maxOutputChars: number
    }

/** What came of the work: an answer, or why there is none. */
const Performed = Schema.Union([
  Schema.TaggedStruct("Answered", {
    refused: Schema.NullOr(Schema.String),
    output: Schema.Struct({ text: Schema.String, chars: Count })
  }),
  Schema.TaggedStruct("Failed", {
    code: Schema.Literals([
      "CAPABILITY_PAYLOAD_INVALID_JSON",
      "CAPABILITY_INVALID_PAYLOAD",
      "CAPABILITY_OUTPUT_INVALID",
      "CAPABILITY_EXCEPTION"
    ])
  })
])
export type Performed = typeof Performed.Type

const Reply = Schema.Union([
  Schema.TaggedStruct("Loaded", { call: Count, loaded: Schema.Boolean }),
  Schema.TaggedStruct("Performed", { call: Count, performed: Performed, durationMillis: Count })
])
export type Reply = typeof Reply.Type

const decode = Schema.decodeUnknownOption(Reply)

/** The answer to an order; null for everything else. */
export const replyTo = (call: number, message: unknown): Reply | null =>
  Option.getOrNull(Option.filter(decode(message), (reply) => reply.call === call))
