/**
 * Owns the cookie that stands for a token where a page asks: when it counts, and how it is given and taken back. No script sees
 * it, no other site has it sent, and it is gone with the browser.
 */
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { cookieIn, cookieName, isOwnPage } from "../domain/access/Login.ts"
import type { Showing } from "../domain/access/Token.ts"

/** A header that a page of another origin may send to nobody without asking first, which is refused. */
const MARK = "x-io3-page"

type Headers = HttpServerRequest.HttpServerRequest["headers"]

/** What a request shows that was admitted: its cookie, if this server's own page sends it. */
export const showing = (headers: Headers): Showing => {
  const lines = {
    site: headers["sec-fetch-site"] ?? null,
    mark: headers[MARK] ?? null
  }
  const cookie = headers["cookie"]
  return {
    authorization: headers["authorization"] ?? null,
    cookie:
      cookie === undefined || !isOwnPage(lines) ? null : cookieIn(cookie, cookieName(headers["host"] ?? ""))
  }
}

/** Over TLS it goes nowhere else; that it is there, the page itself says, and no header of a proxy has to be believed. */
const line = ({ host = "", origin = "" }: Headers, value: string, more: string): string =>
  `${cookieName(host)}=${value}; HttpOnly; SameSite=Strict; Path=/${more}${origin.startsWith("https:") ? "; Secure" : ""}`

export const given = (headers: Headers, value: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ headers: { "set-cookie": line(headers, value, "") } })

export const takenBack = (headers: Headers): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ headers: { "set-cookie": line(headers, "", "; Max-Age=0") } })
