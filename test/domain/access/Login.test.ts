import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import * as fc from "fast-check"
import { sha256 } from "../../../src/adapters/journal/Plan.ts"
import {
  cookieDigested,
  cookieIn,
  cookieName,
  isOwnPage,
  OFFER_MILLIS,
  offerDigested
} from "../../../src/domain/access/Login.ts"
import {
  bearerOf,
  digested,
  evolve,
  noTokens,
  offeredAs,
  shownIn,
  stays,
  type Tokens
} from "../../../src/domain/access/Token.ts"
import type { TokenEvent } from "../../../src/domain/access/TokenEvent.ts"
import { Digest, LoginId, Principal, Timestamp, TokenId } from "../../../src/domain/Ids.ts"

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`
const textOf = (n: number) => `io3_${String(n).padStart(43, "x")}`

/** What may be tried, by small numbers; a text is the same whatever it is tried as. */
const wish = fc.record({
  tag: fc.constantFrom("TokenIssued", "TokenRevoked", "LoginOffered", "LoginTaken", "LoginEnded"),
  token: fc.nat(2),
  login: fc.nat(3),
  text: fc.nat(8)
})
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never

/** Texts are of one kind each, but for one in nine, by which another kind's digest is given again. */
const digestOf = ({ tag, text }: Pick<Wish, "tag" | "text">): Digest => {
  const of = text === 8 ? "LoginOffered" : tag
  const form = of === "TokenIssued" ? digested : of === "LoginOffered" ? offerDigested : cookieDigested
  return Digest.make(sha256(form(textOf(text))))
}

const eventOf = (made: Wish): TokenEvent => {
  const [token, login] = [TokenId.make(id(made.token)), LoginId.make(id(made.login))]
  const digest = digestOf(made)
  switch (made.tag) {
    case "TokenIssued":
      return {
        _tag: "TokenIssued",
        token,
        principal: Principal.make("alice"),
        role: "operator",
        digest,
        expiresAt: made.token === 0 ? null : Timestamp.make(OFFER_MILLIS)
      }
    case "TokenRevoked":
      return { _tag: "TokenRevoked", token }
    case "LoginOffered":
      return { _tag: "LoginOffered", token, login, digest }
    case "LoginTaken":
      return { _tag: "LoginTaken", login, digest }
    case "LoginEnded":
      return { _tag: "LoginEnded", login }
  }
}

interface Stage {
  readonly token: number
  readonly stage: number
  readonly offer: number
  readonly cookie: number
}

/** The same by hand: which events stand, and how everything is after them. */
const told = (wishes: ReadonlyArray<Wish>) => {
  let tokens: Tokens = noTokens
  const issued = new Set<number>()
  const revoked = new Set<number>()
  const digests = new Set<string>()
  const logins = new Map<number, Stage>()
  for (const [at, made] of wishes.entries()) {
    const { tag, token, login, text } = made
    const known = logins.get(login)
    const counts = (one: number) => issued.has(one) && !revoked.has(one)
    const isNew = !digests.has(digestOf(made))
    const may = {
      TokenIssued: !issued.has(token) && isNew,
      TokenRevoked: counts(token),
      LoginOffered: counts(token) && known === undefined && isNew,
      LoginTaken: known?.stage === 1 && counts(known.token) && isNew,
      LoginEnded: known?.stage === 2 && counts(known.token)
    }[tag]
    const next = evolve(tokens, eventOf(made), at)
    assert.strictEqual(next !== null, may, `${at} ${tag}`)
    if (next === null) continue
    tokens = next
    if (tag === "TokenIssued") issued.add(token)
    if (tag === "TokenRevoked") revoked.add(token)
    if (tag === "TokenIssued" || tag === "LoginOffered" || tag === "LoginTaken") digests.add(digestOf(made))
    if (tag === "LoginOffered") logins.set(login, { token, stage: 1, offer: text, cookie: -1 })
    if (tag === "LoginTaken") logins.set(login, { ...known!, stage: 2, cookie: text })
    if (tag === "LoginEnded") logins.set(login, { ...known!, stage: 3 })
  }
  return { tokens, logins, counts: (one: number) => issued.has(one) && !revoked.has(one) }
}

const life = fc.array(wish, { maxLength: 30 })

describe("a login", () => {
  it("comes in one order, and each digest once", () => {
    fc.assert(
      fc.property(life, (wishes) => {
        const { tokens, logins } = told(wishes)
        const all = [...tokens.values()].flatMap((token) => [...token.logins.keys()])
        assert.sameMembers(all.map(String), [...logins.keys()].map(id))
      }),
      { numRuns: 1000 }
    )
  })

  it("is offered to whoever has its text, in time, while its token counts", () => {
    const now = fc.constantFrom(30, OFFER_MILLIS - 1, OFFER_MILLIS, OFFER_MILLIS + 30)
    fc.assert(
      fc.property(life, fc.nat(7), now, (wishes, text, now) => {
        const { tokens, logins, counts } = told(wishes)
        const mine = [...logins.values()].find(({ stage, offer }) => stage === 1 && offer === text)
        const offered = offeredAs(textOf(text), tokens, sha256, now)
        if (mine === undefined || !counts(mine.token)) return assert.isNull(offered)
        const isInTime = now < (offered?.offeredAt ?? 0) + OFFER_MILLIS
        const isAlive = mine.token === 0 || now < OFFER_MILLIS
        if (offered === null) assert.isTrue(!isAlive || now >= OFFER_MILLIS)
        else assert.isTrue(isInTime && isAlive)
      }),
      { numRuns: 1000 }
    )
  })

  it("has a cookie that stands for its token, until one of them counts no more", () => {
    fc.assert(
      fc.property(life, fc.nat(7), (wishes, text) => {
        const { tokens, logins, counts } = told(wishes)
        const [login, mine] = [...logins].find(([, { stage, cookie }]) => stage >= 2 && cookie === text) ?? []
        const shown = shownIn({ authorization: null, cookie: textOf(text) }, sha256)
        const found = bearerOf(shown, tokens, 30)
        const isIn = mine?.stage === 2 && counts(mine.token)
        assert.strictEqual(Result.isSuccess(found), isIn)
        if (Result.isSuccess(found) && mine && login !== undefined) {
          const { success: bearer } = found
          assert.deepStrictEqual(
            [String(bearer.token), String(bearer.login), bearer.role],
            [id(mine.token), id(login), "operator"]
          )
          assert.isTrue(stays(bearer, tokens, 30))
          assert.strictEqual(stays(bearer, tokens, OFFER_MILLIS), mine.token === 0)
          const ended = evolve(tokens, { _tag: "LoginEnded", login: LoginId.make(id(login)) }, 30)
          assert.isFalse(stays(bearer, ended ?? tokens, 30))
        }
        // None of the texts is another: what was offered, and the cookie, are no tokens.
        const asToken = shownIn({ authorization: `Bearer ${textOf(text)}`, cookie: null }, sha256)
        const asked = bearerOf(asToken, tokens, 30)
        if (Result.isSuccess(asked)) assert.isNull(asked.success.login)
        else assert.notStrictEqual(Option.getOrNull(Result.getFailure(asked)), "LOGIN_INVALID")
      }),
      { numRuns: 1000 }
    )
  })
})

describe("a cookie", () => {
  it("is called after the port, and read where there is one of it", () => {
    assert.deepStrictEqual(["127.0.0.1:8080", "[::1]:8080", "io.example", "[::1]"].map(cookieName), [
      "io3_8080",
      "io3_8080",
      "io3",
      "io3"
    ])
    const cases: ReadonlyArray<readonly [string, string | null]> = [
      ["io3=a", "a"],
      ["other=b; io3=a", "a"],
      ["io3=a;io3_8080=c", "a"],
      ["io3=a; io3=a", null],
      ["io3=a; io3=b", null],
      ["xio3=a", null],
      ["io3", null],
      ["", null],
      ["io3=", ""]
    ]
    for (const [header, read] of cases) assert.strictEqual(cookieIn(header, "io3"), read, header)
  })

  it("counts where this server's page asks", () => {
    const none = { site: null, mark: null }
    for (const site of ["cross-site", "same-site", "none", "elsewhere", ""]) {
      assert.isFalse(isOwnPage({ site, mark: "1" }), site)
    }
    assert.isTrue(isOwnPage({ ...none, site: "same-origin" }))
    assert.isTrue(isOwnPage({ ...none, mark: "" }))
    assert.isFalse(isOwnPage(none))
  })
})
