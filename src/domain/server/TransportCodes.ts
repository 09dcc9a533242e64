/** Owns the codes of what a server refuses before it is anybody's request, and what each means. */
import { contract, internal, meaning } from "../Meaning.ts"

export const transport = {
  HOST_UNKNOWN: contract(421, 2, "This server has another name; its start line says which."),
  ORIGIN_FORBIDDEN: contract(403, 2, "The page that asks is of another site."),
  TOKEN_REQUIRED: contract(
    401,
    2,
    "This server wants a token: Authorization: Bearer …[; io3 token create makes one]."
  ),
  TOKEN_UNKNOWN: contract(401, 2, "This is no token of this server."),
  TOKEN_REVOKED: contract(401, 2, "This token was revoked."),
  TOKEN_EXPIRED: contract(401, 2, "This token has expired[; io3 token create makes another]."),
  LOGIN_INVALID: contract(
    401,
    2,
    "This login was used, has ended, is older than ten minutes or was never offered[; io3 token login offers another]."
  ),
  ROLE_FORBIDDEN: contract(
    403,
    2,
    "The role of this token does not allow this; docs/http.md says which does."
  ),
  RATE_LIMITED: meaning(
    "contract_violation",
    429,
    1,
    "More was asked in a short time than may be (server.requests_per_second); Retry-After says when to try again.",
    true
  ),
  STREAMS_EXHAUSTED: meaning(
    "contract_violation",
    429,
    1,
    "As many event streams are open as may be (server.streams); close one, or try again later.",
    true
  ),
  SERVER_BUSY: meaning(
    "internal",
    503,
    1,
    "As many requests are under way as may be (server.concurrent_requests); try again.",
    true
  ),
  TOKEN_NOT_FOUND: contract(404, 1, "There is no such token[; io3 token list shows those there are]."),
  TOKEN_AMBIGUOUS: contract(400, 1, "The ids of several tokens begin like this; give more of it."),
  TOKEN_NAME_INVALID: contract(
    400,
    2,
    "The name local is the user of this machine's; a token is for somebody, or something, of another one."
  ),
  TOKEN_EXPIRY_INVALID: contract(400, 2, "A token expires at a time that is still to come."),
  MEDIA_TYPE_UNSUPPORTED: contract(
    415,
    2,
    "A body is application/json in UTF-8; that of /upload is application/octet-stream."
  ),
  BODY_TOO_LARGE: contract(413, 2, "The body is larger than 1 MiB."),
  REQUEST_INVALID: contract(
    400,
    2,
    "The request is not of the documented form; errors point at what is not."
  ),
  ENDPOINT_UNKNOWN: contract(404, 2, "There is no such endpoint; /openapi.json lists those there are."),
  PAGE_UNBUILT: contract(404, 2, "The page is not built here: npm run build makes it."),
  METHOD_UNSUPPORTED: contract(405, 2, "This endpoint has no such method."),
  PARAMETER_UNSUPPORTED: contract(
    400,
    2,
    "This field of the OpenAI API, or this value of it, is not supported here; param names it."
  ),
  CONTENT_RELEASE_DISABLED: contract(403, 2, "This server lets no text out (content_release)."),
  FILE_REF_EXPIRED: contract(422, 2, "The file is not here, or not here any more; it has to be sent again."),
  IDEMPOTENCY_IN_PROGRESS: meaning(
    "contract_violation",
    409,
    1,
    "The first request with this key is under way; its answer is there once it has ended.",
    true
  ),
  IDEMPOTENCY_KEY_REUSED: contract(422, 2, "This key was used with another request."),
  SERVER_DRAINING: meaning("internal", 503, 1, "The server ends, and begins nothing more.", true),
  ADDRESS_UNGUARDED: contract(
    500,
    2,
    "Another address than loopback, or another name (server.hosts), is served to nobody without a token that counts[: io3 token create makes one]."
  ),
  ADDRESS_UNAVAILABLE: internal(
    500,
    2,
    "The address is in use, is not one of this machine, or may not be had."
  )
} as const
