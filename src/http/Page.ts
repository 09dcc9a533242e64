/**
 * Owns the page as it is served: whatever it is made of, from memory, for anybody who may reach the server. It holds no data; what
 * it asks for it asks as every other client does.
 */
import { Effect } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { Page, type PageFile } from "../ports/Page.ts"
import { refused } from "./Refusals.ts"

/** Nothing of another origin, nothing written into the page, and no text becomes markup but through one of two policies. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types io3"
].join("; ")

/** What a page might ask of a machine, and this one does not. */
const PERMISSIONS =
  "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"

const ROOT = "/"

/** Whether an address is the page's, to the letter; `/` is, also where nothing is built. */
export const isPage = Effect.map(
  Page,
  ({ files }) =>
    (path: string): boolean =>
      path === ROOT || files.has(path)
)

type Encoding = "br" | "gzip"

/** The smallest form that is there and is taken. */
const formOf = (
  file: PageFile,
  accepted: string
): { readonly bytes: Uint8Array; readonly encoding?: Encoding } => {
  const taken = new Set(
    accepted
      .toLowerCase()
      .split(",")
      .map((one) => one.replaceAll(/\s/gu, ""))
      .filter((one) => !/;q=0(?:\.0*)?$/u.test(one))
      .map((one) => one.split(";")[0])
  )
  for (const encoding of ["br", "gzip"] as const) {
    const bytes = file[encoding]
    if (bytes !== null && taken.has(encoding)) return { bytes, encoding }
  }
  return { bytes: file.plain }
}

/** Whether what a client has is this. */
const isHad = (header: string | undefined, tag: string): boolean =>
  header !== undefined &&
  header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//u, "") === tag)

const answer = (
  file: PageFile,
  { headers: asked }: HttpServerRequest.HttpServerRequest
): HttpServerResponse.HttpServerResponse => {
  const { bytes, encoding } = formOf(file, asked["accept-encoding"] ?? "")
  const tag = `"${file.digest}${encoding === undefined ? "" : `.${encoding}`}"`
  const headers = {
    etag: tag,
    vary: "accept-encoding",
    "cache-control": file.isLasting ? "public, max-age=31536000, immutable" : "no-cache",
    "content-security-policy": POLICY,
    "permissions-policy": PERMISSIONS
  }
  return isHad(asked["if-none-match"], tag)
    ? HttpServerResponse.empty({ status: 304, headers })
    : HttpServerResponse.uint8Array(bytes, {
        contentType: file.contentType,
        headers: { ...headers, ...(encoding !== undefined && { "content-encoding": encoding }) }
      })
}

const METHODS = new Set(["GET", "HEAD"])

/** A route for each file; where the page is not built, one that says so. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { files } = yield* Page
    for (const path of new Set([ROOT, ...files.keys()])) {
      const file = files.get(path)
      yield* router.add("*", path as `/${string}`, (request) =>
        Effect.succeed(
          !METHODS.has(request.method)
            ? HttpServerResponse.setHeader(refused(path, "METHOD_UNSUPPORTED"), "allow", "GET, HEAD")
            : file === undefined
              ? refused(path, "PAGE_UNBUILT")
              : answer(file, request)
        )
      )
    }
  })
)
