/** Owns the codes of what a server refuses before it is anybody's request, and what each means. */
import { contract, internal, meaning } from "../Meaning.ts"

export const transport = {
  HOST_UNKNOWN: contract(421, 2, "This server has another name; its start line says which."),
  ORIGIN_FORBIDDEN: contract(403, 2, "The page that asks is of another site."),
  MEDIA_TYPE_UNSUPPORTED: contract(415, 2, "A body is application/json in UTF-8."),
  BODY_TOO_LARGE: contract(413, 2, "The body is larger than 1 MiB."),
  REQUEST_INVALID: contract(
    400,
    2,
    "The request is not of the documented form; errors point at what is not."
  ),
  ENDPOINT_UNKNOWN: contract(404, 2, "There is no such endpoint; /openapi.json lists those there are."),
  METHOD_UNSUPPORTED: contract(405, 2, "This endpoint has no such method."),
  PARAMETER_UNSUPPORTED: contract(
    400,
    2,
    "This field of the OpenAI API, or this value of it, is not supported here; param names it."
  ),
  CONTENT_RELEASE_DISABLED: contract(403, 2, "This server lets no text out (content_release)."),
  SERVER_DRAINING: meaning("internal", 503, 1, "The server ends, and begins nothing more.", true),
  ADDRESS_UNGUARDED: contract(500, 2, "Another address than loopback is served to nobody without tokens."),
  ADDRESS_UNAVAILABLE: internal(
    500,
    2,
    "The address is in use, is not one of this machine, or may not be had."
  )
} as const
