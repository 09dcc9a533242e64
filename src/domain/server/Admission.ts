/**
 * Owns whether a request may come in at all, by its first lines alone: whom it was meant for, whose page sent it, and, once it
 * is known whose it is, how its body is framed. A body that is not admitted is not read.
 */
import type { Code } from "../Codes.ts"
import { MAX_FILE_BYTES, UPLOAD } from "./Upload.ts"

/** The first lines of a request, as far as they matter; null is a header that is not there. */
export interface Asked {
  readonly host: string | null
  readonly origin: string | null
  /** `Sec-Fetch-Site`: what a browser says of the page that asks. */
  readonly site: string | null
}

/** What is said of a body before it. */
export interface Framed {
  readonly contentType: string | null
  readonly contentLength: string | null
}

/** Of every body but a file that is sent up. */
export const MAX_BODY_BYTES = 1_048_576

/** What a body may be. */
export interface Framing {
  readonly mediaType: RegExp
  readonly maxBytes: number
  readonly tooLarge: Code
}

const json: Framing = {
  mediaType: /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/iu,
  maxBytes: MAX_BODY_BYTES,
  tooLarge: "BODY_TOO_LARGE"
}
/** No form of another site can send it either. */
const file: Framing = {
  mediaType: /^application\/octet-stream$/iu,
  maxBytes: MAX_FILE_BYTES,
  tooLarge: "FILE_TOO_LARGE"
}

/** Anybody may send it: no more of it is read than there is to be said. */
const login: Framing = { ...json, maxBytes: 1024, tooLarge: "REQUEST_INVALID" }

/** Where a page logs in. */
export const LOGIN = "/login"

/** Where a file is sent, its bytes are the body; everywhere else a body is JSON. */
export const framingOf = (path: string): Framing => (isFile(path) ? file : path === LOGIN ? login : json)
export const isFile = (path: string): boolean => path === UPLOAD

/** How deep objects and arrays may stand in one another. */
export const MAX_DEPTH = 64

/**
 * Null where it may. `HOST_UNKNOWN`, `ORIGIN_FORBIDDEN`, in this order. `hosts` are the values of `Host` that mean this server, in
 * lower case.
 */
export const admission = (asked: Asked, hosts: ReadonlySet<string>): Code | null => {
  const host = asked.host?.toLowerCase() ?? ""
  if (!hosts.has(host)) return "HOST_UNKNOWN"
  return isOwn(asked, hosts) ? null : "ORIGIN_FORBIDDEN"
}

/** Null where a body may be read. `MEDIA_TYPE_UNSUPPORTED`, `BODY_TOO_LARGE` or `FILE_TOO_LARGE`, in this order. */
export const framed = (
  { contentType, contentLength }: Framed,
  { mediaType, maxBytes, tooLarge }: Framing = json
): Code | null => {
  if (!mediaType.test(contentType ?? "")) return "MEDIA_TYPE_UNSUPPORTED"
  return Number(contentLength ?? 0) > maxBytes ? tooLarge : null
}

/**
 * Another site's page has nothing to do here, not even to send a person. What says nothing of a page is no browser, or one that a
 * person has typed the address into.
 */
const isOwn = ({ origin, site }: Asked, hosts: ReadonlySet<string>): boolean =>
  (site === null || site === "same-origin" || site === "none") &&
  (origin === null || hosts.has(origin.toLowerCase().replace(/^https?:\/\//u, "")))

/** How deep a JSON text goes, counted up to one more than may be; text that is no JSON has some depth too. */
export const depthOf = (json: string, most = MAX_DEPTH): number => {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(json, at)
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        deepest = Math.max(deepest, ++depth)
        if (deepest > most) return deepest
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--
    }
  }
  return deepest
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

const endOfString = (json: string, from: number): number => {
  let at = from + 1
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

/**
 * Every value of `Host` that means a server on this address and port. `names` are further ones; one without a port stands for
 * itself and for itself at this port. An address that stands for all of them is no name.
 */
export const hostsOf = (
  hostname: string,
  port: number,
  names: ReadonlyArray<string> = []
): ReadonlySet<string> => {
  const own =
    isLoopback(hostname) || isWildcard(hostname) ? ["127.0.0.1", "localhost", "[::1]"] : [bracketed(hostname)]
  const further = names.flatMap((name) => (hasPort(name) ? [name] : [name, `${name}:${port}`]))
  return new Set(
    [...own.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])), ...further].map(
      (name) => name.toLowerCase()
    )
  )
}

const isWildcard = (hostname: string): boolean => hostname === "0.0.0.0" || hostname === "::"
const hasPort = (name: string): boolean => /:\d+$/u.test(name.replace(/^\[[^\]]*\]/u, ""))

/** Whether nobody but this machine reaches an address. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "::1" || /^127(?:\.\d{1,3}){3}$/u.test(hostname)

const bracketed = (hostname: string): string =>
  hostname.includes(":") ? `[${hostname}]` : hostname.toLowerCase()
