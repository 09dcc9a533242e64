/**
 * Owns how what is refused is answered, by its address: one problem, or where clients of OpenAI ask, an error as they know it.
 * Whoever refuses anything says why, and nothing of the form.
 */
import { HttpServerResponse } from "effect/http"
import type { HttpApiError } from "effect/http-api"
import { chatNames, unsupportedNames } from "../api/OpenAi.ts"
import { openAiErrorOf } from "../api/OpenAiError.ts"
import { CONTENT_TYPE, type Problem, problemOf, type ProblemPlace } from "../api/Problem.ts"
import { type Code, failure, type RuntimeFailure } from "../domain/Failure.ts"
import { placesOf } from "./Places.ts"

export const isOpenAi = (url: string): boolean => /^\/v1(?:[/?]|$)/u.test(url)

export const problem = (body: Problem): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(body, { status: body.status, contentType: CONTENT_TYPE })

/** What is refused, and where in the request that is. */
export const refuse = (
  url: string,
  reason: RuntimeFailure,
  places?: ReadonlyArray<ProblemPlace>
): HttpServerResponse.HttpServerResponse =>
  isOpenAi(url)
    ? HttpServerResponse.jsonUnsafe(openAiErrorOf(reason, places?.[0]), {
        status: reason.status,
        headers: {
          // Their clients try again by themselves: never what has a run on record, and was perhaps paid for.
          "x-should-retry": String(reason.retryable && reason.run === undefined),
          ...(reason.run && { "x-io3-run": reason.run })
        }
      })
    : problem(problemOf(reason, places))

/** The same of what has a code and no more. */
export const refused = (url: string, code: Code): HttpServerResponse.HttpServerResponse =>
  refuse(url, failure(code, "setup"))

/** What is not of the documented form, and where. */
export const malformed = (
  url: string,
  cause: HttpApiError.HttpApiSchemaError["cause"]
): HttpServerResponse.HttpServerResponse => {
  if (!isOpenAi(url)) return refuse(url, failure("REQUEST_INVALID", "setup"), placesOf(cause))
  // The innermost says most; what is not supported says more than what is wrong besides.
  const places = placesOf(cause, chatNames).toSorted((one, other) => depthOf(other) - depthOf(one))
  const strange = places.find(({ pointer }) => unsupportedNames.has(pointer.split("/").at(-1) ?? ""))
  return strange
    ? refuse(url, failure("PARAMETER_UNSUPPORTED", "setup"), [strange])
    : refuse(url, failure("REQUEST_INVALID", "setup"), places)
}

const depthOf = ({ pointer }: ProblemPlace): number => pointer.split("/").length
