/**
 * Owns the life of a login: what a page shows in place of a token that it never sees. One is offered as a text that is used up at
 * once, by whoever comes first; from then on a cookie stands for it, until it is ended or its token counts no more.
 */
import { type Digest, type LoginId, Timestamp } from "../Ids.ts"
import type { LoginEvent } from "./TokenEvent.ts"

export interface Login {
  readonly id: LoginId
  /** Of what is offered; `offeredAt` is when. */
  readonly offer: Digest
  readonly offeredAt: Timestamp
  /** Of the cookie; null until somebody has taken what was offered. */
  readonly cookie: Digest | null
  readonly isEnded: boolean
}

/** How long what is offered may be taken. */
export const OFFER_MILLIS = 600_000

/** What the digests are of: none of the three texts can be shown in place of another. */
export const offerDigested = (text: string): string => `io3/login/v1\n${text}`
export const cookieDigested = (text: string): string => `io3/cookie/v1\n${text}`

/** Folds an event in; null where it cannot have happened. A login is offered, taken and ended once each, in this order. */
export const evolveLogin = (login: Login | undefined, event: LoginEvent, at: number): Login | null => {
  switch (event._tag) {
    case "LoginOffered":
      return login === undefined
        ? {
            id: event.login,
            offer: event.digest,
            offeredAt: Timestamp.make(at),
            cookie: null,
            isEnded: false
          }
        : null
    case "LoginTaken":
      return login === undefined || login.cookie !== null ? null : { ...login, cookie: event.digest }
    case "LoginEnded":
      return login === undefined || login.cookie === null || login.isEnded
        ? null
        : { ...login, isEnded: true }
  }
}

/** Whether its cookie stands for the token. */
export const isTaken = ({ cookie, isEnded }: Login): boolean => cookie !== null && !isEnded

/** Whether it may be taken. A clock that goes back prolongs nothing. */
export const isOffered = ({ cookie, offeredAt }: Login, now: number): boolean =>
  cookie === null && now >= offeredAt && now < offeredAt + OFFER_MILLIS

/** What the cookie of a server is called: servers at several ports of one host share their cookies. */
export const cookieName = (host: string): string => {
  const port = /:(\d+)$/u.exec(host)?.[1]
  return port === undefined ? "io3" : `io3_${port}`
}

/** What of a request's first lines says whose page asks; null is a header that is not there. */
export interface PageAsks {
  readonly site: string | null
  /** A header of any content that no page of another origin may send. */
  readonly mark: string | null
}

/**
 * Whether a page of this very origin asks, which alone the cookie speaks for: a browser sends it along with whatever another port
 * of the host has it ask for. Where a browser says nothing of the site, the mark does: no page of another origin may send it without
 * asking first. `Origin` does not: a server goes by several names, and a page of one of them may be somebody else's.
 */
export const isOwnPage = ({ site, mark }: PageAsks): boolean =>
  site === null ? mark !== null : site === "same-origin"

/** The cookie of that name; null where there is none, or more than one, of which another port has set one. */
export const cookieIn = (header: string, name: string): string | null => {
  const found = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
  const [one, ...others] = found
  return one === undefined || others.length > 0 ? null : one.slice(name.length + 1)
}
