/** Owns how a failure looks to clients of OpenAI: their shape, with our code. */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Code, type RuntimeFailure } from "../domain/Failure.ts"
import { RunId } from "../domain/Ids.ts"
import type { ProblemPlace } from "./Problem.ts"

export const ErrorType = Schema.Literals([
  "invalid_request_error",
  "authentication_error",
  "permission_error",
  "rate_limit_error",
  "server_error"
])

export const OpenAiError = Schema.Struct({
  error: Schema.Struct({
    /** The code's own sentence, the same each time. */
    message: Schema.String,
    type: ErrorType,
    /** The place in the request, by names of the contract, e.g. `messages[0].content`; null for none. */
    param: Schema.NullOr(Schema.String),
    code: Code,
    /** The run on record, where there is one. */
    run_id: Schema.optionalKey(RunId)
  })
})
export type OpenAiError = typeof OpenAiError.Type

const declared = new Map<number, Schema.Codec<OpenAiError>>()

/** The errors of these statuses; of each status there is one declaration. */
export const openAiErrors = (...statuses: ReadonlyArray<number>): ReadonlyArray<Schema.Codec<OpenAiError>> =>
  statuses.map((status) => {
    const known =
      declared.get(status) ??
      (Schema.Struct(OpenAiError.fields)
        .annotate({ identifier: `OpenAiError${status}` })
        .pipe(HttpApiSchema.status(status)) as never)
    declared.set(status, known)
    return known
  })

const typeOf = (status: number): typeof ErrorType.Type => {
  if (status >= 500) return "server_error"
  if (status === 401) return "authentication_error"
  if (status === 403) return "permission_error"
  return status === 429 ? "rate_limit_error" : "invalid_request_error"
}

/** What of a request these are about, wherever they arise. */
const params: Partial<Record<Code, string>> = {
  ROUTE_MODE_UNKNOWN: "model",
  ROUTE_MODE_INTERNAL: "model",
  PROMPT_REQUIRED: "messages",
  CONTEXT_LIMIT_EXCEEDED: "messages",
  MEMORY_PACK_UNKNOWN: "io3.memory_packs",
  CAPABILITY_NOT_FOUND: "io3.capability_id"
}

/** E.g. `messages[0].content` for `/messages/0/content`. */
const paramOf = ({ pointer }: ProblemPlace): string =>
  pointer
    .slice(1)
    .replaceAll(/\/(\d+)/gu, "[$1]")
    .replaceAll("/", ".")

export const openAiErrorOf = (
  { code, status, summary, run }: RuntimeFailure,
  place?: ProblemPlace
): OpenAiError => ({
  error: {
    message: summary,
    type: typeOf(status),
    param: place && place.pointer !== "" ? paramOf(place) : (params[code] ?? null),
    code,
    ...(run && { run_id: run })
  }
})
