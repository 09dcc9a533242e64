/** Owns how what a capability has made is printed: as JSON, after the answer that it left with. */
import { Effect, Schema } from "effect"
import { printJson } from "./Output.ts"

/** Null where there was no capability. */
export const Made = Schema.Json
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Made))

/** JSON text as the value it stands for; null of null. */
export const madeOf = (output: string | null): Schema.Json => (output === null ? null : decode(output))

export const sayMade = (output: string | null) =>
  output === null ? Effect.void : printJson(Made, madeOf(output))
