/**
 * Owns how what is refused is answered, by its address: one problem, or where clients of OpenAI ask, an error as they know it;
 * and the headers that belong to it. Whoever refuses anything says why, and nothing of the form.
 */
import { HttpServerResponse } from "effect/http"
import type { HttpApiError } from "effect/http-api"
import { chatNames, unsupportedNames } from "../api/OpenAi.ts"
import { openAiErrorOf } from "../api/OpenAiError.ts"
import { CONTENT_TYPE, problemOf, type ProblemPlace } from "../api/Problem.ts"
import { type Code, failure, type RuntimeFailure } from "../domain/Failure.ts"
import { placesOf } from "./Places.ts"

const isOpenAi = (url: string): boolean => /^\/v1(?:[/?]|$)/u.test(url)

interface More {
  /** Where in the request it is. */
  readonly places?: ReadonlyArray<ProblemPlace> | undefined
  /** When to try again, where that is known better than from the code. */
  readonly waitMillis?: number | null
}

/** What is refused, as it is answered at this address. */
export const refused = (
  url: string,
  why: Code | RuntimeFailure,
  { places, waitMillis = null }: More = {}
): HttpServerResponse.HttpServerResponse => {
  const reason = typeof why === "string" ? failure(why, "setup") : why
  const headers = {
    ...challengeOf(reason.code),
    ...(waitMillis === null ? againOf(reason.code) : againIn(Math.ceil(waitMillis / 1000)))
  }
  return isOpenAi(url)
    ? HttpServerResponse.jsonUnsafe(openAiErrorOf(reason, places?.[0]), {
        status: reason.status,
        headers: {
          ...headers,
          // Their clients try again by themselves: never what has a run on record, and was perhaps paid for.
          "x-should-retry": String(reason.retryable && reason.run === undefined),
          ...(reason.run && { "x-io3-run": reason.run })
        }
      })
    : HttpServerResponse.jsonUnsafe(problemOf(reason, places), {
        status: reason.status,
        contentType: CONTENT_TYPE,
        headers
      })
}

const againIn = (seconds: number) => ({ "retry-after": String(seconds) })

/** Seconds after which what is refused for a while alone may be asked again. */
const passing: Partial<Record<Code, number>> = { STREAMS_EXHAUSTED: 1, SERVER_BUSY: 1, SERVER_DRAINING: 5 }

/** When to try again, as a header. */
export const againOf = (code: Code): Readonly<Record<string, string>> => {
  const seconds = passing[code]
  return seconds === undefined ? {} : againIn(seconds)
}

/** What is not of the documented form, and where. */
export const malformed = (
  url: string,
  cause: HttpApiError.HttpApiSchemaError["cause"]
): HttpServerResponse.HttpServerResponse => {
  if (!isOpenAi(url)) return refused(url, "REQUEST_INVALID", { places: placesOf(cause) })
  // The innermost says most; what is not supported says more than what is wrong besides.
  const places = placesOf(cause, chatNames).toSorted((one, other) => depthOf(other) - depthOf(one))
  const strange = places.find(({ pointer }) => unsupportedNames.has(pointer.split("/").at(-1) ?? ""))
  return strange
    ? refused(url, "PARAMETER_UNSUPPORTED", { places: [strange] })
    : refused(url, "REQUEST_INVALID", { places })
}

const depthOf = ({ pointer }: ProblemPlace): number => pointer.split("/").length

/** What a client is told that has to show a token, or another one (RFC 6750). */
const challengeOf = (code: Code): Readonly<Record<string, string>> => {
  const error = challenges[code]
  return error === undefined ? {} : { "www-authenticate": `Bearer realm="io-iii"${error}` }
}

const invalid = ', error="invalid_token"'
const challenges: Partial<Record<Code, string>> = {
  TOKEN_REQUIRED: "",
  TOKEN_UNKNOWN: invalid,
  TOKEN_REVOKED: invalid,
  TOKEN_EXPIRED: invalid,
  LOGIN_INVALID: invalid,
  ROLE_FORBIDDEN: ', error="insufficient_scope"'
}
