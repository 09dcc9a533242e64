/** Owns the reading of a body: once, in a bounded time, and not before it is known that it may be sent. */
import { ByteSize, Effect, Option } from "effect"
import { HttpIncomingMessage, type HttpServerError, type HttpServerRequest } from "effect/http"
import { elsewhere } from "../core/observability/Elsewhere.ts"
import type { Code } from "../domain/Failure.ts"
import { depthOf, framed, framingOf, isFile, MAX_DEPTH } from "../domain/server/Admission.ts"

/** How long a body may take to be there. */
const PATIENCE = "20 seconds"

const utf8 = new TextDecoder("utf-8", { fatal: true })

const isReadable = (bytes: ArrayBuffer): boolean => {
  try {
    return depthOf(utf8.decode(bytes)) <= MAX_DEPTH
  } catch {
    return false
  }
}

/** Null where it can be decoded from what was read; else why not: `MEDIA_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE`, `REQUEST_INVALID`. */
export const read = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Code | null> => {
  const length = request.headers["content-length"] ?? null
  const hasBody = request.headers["transfer-encoding"] !== undefined || (length !== null && length !== "0")
  if (!hasBody) return Effect.succeed(null)
  const contentType = request.headers["content-type"] ?? null
  const [path = ""] = request.url.split("?")
  const framing = framingOf(path)
  const code = framed({ contentType, contentLength: length }, framing)
  if (code !== null) return Effect.succeed(code)
  return elsewhere(() => Effect.timeoutOption(request.arrayBuffer, PATIENCE)).pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(framing.maxBytes)),
    Effect.match({
      onFailure: (reason): Code => (isTooLarge(reason) ? framing.tooLarge : "REQUEST_INVALID"),
      onSuccess: (bytes): Code | null =>
        Option.isSome(bytes) && (isFile(path) || isReadable(bytes.value)) ? null : "REQUEST_INVALID"
    })
  )
}

const isTooLarge = ({ reason }: HttpServerError.HttpServerError): boolean =>
  reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
