/** Owns what a body asks for, as the core is asked: text becomes content at once, and who asks is known from elsewhere. */
import { Effect, Schema } from "effect"
import { HttpEffect, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { Caller } from "../api/Access.ts"
import type { inputs } from "../api/Runs.ts"
import { type Problem, problemOf } from "../api/Problem.ts"
import type { RunRequest } from "../core/run/Request.ts"
import { Uploads } from "../core/run/Uploads.ts"
import { Content } from "../domain/Content.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { Mode, type Principal } from "../domain/Ids.ts"
import { againOf } from "./Refusals.ts"

type Inputs = Schema.Struct<typeof inputs>["Type"]

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

/** How much of a list is answered, and who answers, where nothing is said of it. */
export const PAGE = 20
export const EXECUTOR = Mode.make("executor")

/** Who asks, as it is recorded. */
export interface Asker {
  readonly principal: Principal
  readonly surface: "http"
}

export const asker: Effect.Effect<Asker, never, Caller> = Effect.map(Caller, ({ principal }) => ({
  principal,
  surface: "http"
}))

/** `PROMPT_REQUIRED`, `FILE_REF_EXPIRED`, `REQUEST_INVALID` where a payload or a file is given twice, or a payload to nobody. */
export const requests = Effect.map(Uploads, (uploads) =>
  Effect.fnUntraced(function* (
    by: Asker,
    body: Inputs & { readonly prompt: string | Content }
  ): Effect.fn.Return<Omit<RunRequest, "mode">, RuntimeFailure> {
    const { capability_id: id, capability_payload: json, capability_payload_json: text } = body
    const prompt = typeof body.prompt === "string" ? Content.of(body.prompt) : body.prompt
    if (prompt.isBlank) return yield* failure("PROMPT_REQUIRED", "setup")
    const isTwice =
      (json !== undefined && text !== undefined) || (body.file !== undefined && body.file_ref !== undefined)
    if (isTwice || (id === undefined && (json !== undefined || text !== undefined)))
      return yield* failure("REQUEST_INVALID", "setup")
    const payload = text ?? (json === undefined ? null : encode(json))
    const file =
      body.file_ref === undefined
        ? Content.of(body.file ?? "")
        : yield* uploads.find(by.principal, body.file_ref)
    return {
      prompt,
      file: file.isBlank ? null : file,
      capability: id === undefined ? null : { id, payload: payload === null ? null : Content.of(payload) },
      packs: body.memory_packs ?? null,
      audit: body.audit ?? false,
      checks: {
        constellation: body.no_constellation_check !== true,
        health: body.no_health_check !== true
      },
      ...by
    }
  })
)

/** What is answered when it fails. */
export const orProblem = <A, R>(
  effect: Effect.Effect<A, RuntimeFailure, R>
): Effect.Effect<A, Problem, R | HttpServerRequest.HttpServerRequest> =>
  Effect.catch(effect, (reason) =>
    Effect.andThen(
      HttpEffect.appendPreResponseHandler((_request, response) =>
        Effect.succeed(HttpServerResponse.setHeaders(response, againOf(reason.code)))
      ),
      Effect.fail(problemOf(reason))
    )
  )

/** Whether the answer is wanted as it comes. */
export const wantsEvents = (accept: string | undefined): boolean =>
  (accept ?? "").split(",").some((type) => type.trim().split(";")[0]?.toLowerCase() === "text/event-stream")
