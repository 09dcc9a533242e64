/** Owns how a failure looks over HTTP: one problem (RFC 9457) with the failure's code, and which statuses there are. */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { ConfigFault, type ConfigPlace } from "../domain/config/ConfigPlace.ts"
import { Code, codes, Kind, Limit, Phase, type RuntimeFailure } from "../domain/Failure.ts"
import { Count, RunId, SessionId } from "../domain/Ids.ts"
import { FileKind } from "../domain/run/FileKind.ts"
import { Action } from "../domain/session/Turn.ts"
import { failureOutput, RequiredOutput } from "./results/RunResults.ts"

/** A place of a request or a runbook that is wrong. */
export const ProblemPlace = Schema.Struct({
  /** A JSON Pointer of names that are ours and of indexes; `*` stands for a name that is not. */
  pointer: Schema.String,
  fault: ConfigFault
})
export type ProblemPlace = typeof ProblemPlace.Type

const fields = {
  /** `urn:io3:` and the code. */
  type: Schema.String,
  /** The code's own sentence, the same each time. */
  title: Schema.String,
  code: Code,
  kind: Kind,
  phase: Phase,
  /** Whether trying again can help. */
  retryable: Schema.Boolean,
  run_id: Schema.optionalKey(RunId),
  session_id: Schema.optionalKey(SessionId),
  /** What somebody else has decided before. */
  decided: Schema.optionalKey(Action),
  limit: Schema.optionalKey(Limit),
  file_kind: Schema.optionalKey(FileKind),
  /** What of the configuration is another one now, by key. */
  changed: Schema.optionalKey(Schema.Array(Schema.String)),
  /** What has to be given before it can be done again. */
  required: Schema.optionalKey(Schema.Array(RequiredOutput)),
  errors: Schema.optionalKey(Schema.Array(ProblemPlace))
}

/** The body of every answer that is none. */
export const Problem = Schema.Struct({ ...fields, status: Count })
export type Problem = typeof Problem.Type

export const CONTENT_TYPE = "application/problem+json"

/** The problems of one status, as an endpoint declares them. */
const withStatus = (status: number): Schema.Codec<Problem> =>
  Schema.Struct({ ...fields, status: Schema.Literal(status) })
    .annotate({ identifier: `Problem${status}` })
    .pipe(HttpApiSchema.status(status), HttpApiSchema.asJson({ contentType: CONTENT_TYPE })) as never

const declared = new Map<number, Schema.Codec<Problem>>()

/** The problems of these statuses; of each status there is one declaration. */
export const problems = (...statuses: ReadonlyArray<number>): ReadonlyArray<Schema.Codec<Problem>> =>
  statuses.map((status) => {
    const known = declared.get(status) ?? withStatus(status)
    declared.set(status, known)
    return known
  })

/** What any endpoint may answer: it was not let in, was not understood, or nothing could be read or written. */
export const anywhere = [400, 403, 421, 500, 503, 507] as const

export const problemOf = (reason: RuntimeFailure, errors?: ReadonlyArray<ProblemPlace>): Problem => {
  const { code, phase, run, session, decided, limit, fileKind, changed, places } = reason
  const { kind, status, retryable, summary } = codes[code]
  const { required } = failureOutput(reason).error
  const wrong = errors ?? places?.map(placeOf)
  return {
    type: `urn:io3:${code}`,
    title: summary,
    status,
    code,
    kind,
    phase,
    retryable,
    ...(run && { run_id: run }),
    ...(session && { session_id: session }),
    ...(decided && { decided }),
    ...(limit && { limit }),
    ...(fileKind && { file_kind: fileKind }),
    ...(changed && { changed }),
    ...(required && { required }),
    ...(wrong && wrong.length > 0 && { errors: wrong })
  }
}

/** Of a runbook it is the place; of the operator's own configuration the name stays on the operator's terminal. */
const placeOf = ({ file, key, fault }: ConfigPlace): ProblemPlace => ({
  pointer: file === "runbook" && key !== null ? `/runbook${pointerOf(key)}` : "",
  fault
})

const pointerOf = (key: string): string =>
  key
    .replaceAll(/\[(\d+|\*)\]/gu, ".$1")
    .replace(/^\.?/u, "/")
    .replaceAll(".", "/")
