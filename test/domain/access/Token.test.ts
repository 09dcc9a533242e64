import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import * as fc from "fast-check"
import { sha256 } from "../../../src/adapters/journal/Plan.ts"
import { Role } from "../../../src/domain/access/Role.ts"
import {
  type Bearer,
  bearerOf,
  digested,
  evolve,
  isClosedBy,
  isSame,
  noTokens,
  type Shown,
  shownIn,
  standingOf,
  type Tokens
} from "../../../src/domain/access/Token.ts"
import type { TokenEvent } from "../../../src/domain/access/TokenEvent.ts"
import { Digest, Principal, Timestamp, TokenId } from "../../../src/domain/Ids.ts"

const id = (n: number) => TokenId.make(`01900000-0000-7000-8000-${String(n).padStart(12, "0")}`)
const textOf = (n: number) => `io3_${String(n).padStart(43, "x")}`
const digestOf = (n: number) => Digest.make(sha256(digested(textOf(n))))

/** What may be tried: to issue, with this id and digest, or to revoke. */
const wish = fc.record({
  issues: fc.boolean(),
  id: fc.nat(5),
  digest: fc.nat(5),
  name: fc.constantFrom("alice", "bob", "alice", "local"),
  role: fc.constantFrom(...Role.literals),
  expires: fc.option(fc.integer({ min: 0, max: 100 }))
})
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never

const eventOf = (made: Wish): TokenEvent =>
  made.issues
    ? {
        _tag: "TokenIssued",
        token: id(made.id),
        principal: Principal.make(made.name),
        role: made.role,
        digest: digestOf(made.digest),
        expiresAt: made.expires === null ? null : Timestamp.make(made.expires)
      }
    : { _tag: "TokenRevoked", token: id(made.id) }

const lifeOf = (wishes: ReadonlyArray<Wish>): Tokens =>
  wishes.reduce<Tokens>((tokens, made, at) => evolve(tokens, eventOf(made), at) ?? tokens, noTokens)

const life = fc.array(wish, { maxLength: 15 })

describe("tokens", () => {
  it("are issued once under an id and a digest, to nobody who is called local, and revoked once", () => {
    fc.assert(
      fc.property(life, (wishes) => {
        const ids = new Set<number>()
        const digests = new Set<number>()
        const revoked = new Set<number>()
        let tokens: Tokens = noTokens
        for (const [at, made] of wishes.entries()) {
          const may = made.issues
            ? !ids.has(made.id) && !digests.has(made.digest) && made.name !== "local"
            : ids.has(made.id) && !revoked.has(made.id)
          const next = evolve(tokens, eventOf(made), at)
          assert.strictEqual(next !== null, may)
          if (next === null) continue
          tokens = next
          if (made.issues) {
            ids.add(made.id)
            digests.add(made.digest)
          } else revoked.add(made.id)
        }
        assert.strictEqual(tokens.size, ids.size)
        assert.strictEqual(isClosedBy(tokens), ids.size > revoked.size)
      }),
      { numRuns: 500 }
    )
  })

  it("let in exactly the holder of one that counts, with its name and role", () => {
    fc.assert(
      fc.property(life, fc.nat(6), fc.integer({ min: 0, max: 120 }), (wishes, shown, now) => {
        const tokens = lifeOf(wishes)
        const token = [...tokens.values()].find(({ digest }) => digest === digestOf(shown))
        const found = bearerOf({ _tag: "Token", digest: digestOf(shown) }, tokens, now)
        const standing = token && standingOf(token, now)
        if (token && standing === "valid") {
          const { principal, role } = token
          assert.deepStrictEqual(Result.getOrThrow(found), {
            principal,
            role,
            token: token.id,
            login: null
          } satisfies Bearer)
          assert.isTrue(token.revokedAt === null && (token.expiresAt === null || token.expiresAt > now))
        } else {
          const code = !token ? "TOKEN_UNKNOWN" : standing === "revoked" ? "TOKEN_REVOKED" : "TOKEN_EXPIRED"
          assert.strictEqual(Option.getOrNull(Result.getFailure(found)), code)
        }
      }),
      { numRuns: 500 }
    )
  })

  it("are read out of one header in one form", () => {
    const read = (header: string | null): Shown => shownIn({ authorization: header, cookie: null }, sha256)
    const mine: Shown = { _tag: "Token", digest: digestOf(7) }
    const text = textOf(7)
    assert.deepStrictEqual(read(null), { _tag: "Nothing" })
    for (const header of [`Bearer ${text}`, `bearer  ${text}`, `BEARER ${text} `])
      assert.deepStrictEqual(read(header), mine, header)
    for (const header of [
      "",
      text,
      "Bearer",
      "Bearer ",
      `Basic ${text}`,
      `Bearer ${text}, Bearer ${text}`,
      `Bearer ${text}x`,
      `Bearer ${text.slice(1)}`,
      `Bearer ${text} ${text}`,
      `Bearer${text}`,
      ` Bearer ${text}`
    ])
      assert.deepStrictEqual(read(header), { _tag: "Unreadable" }, header)
    fc.assert(
      fc.property(fc.string(), (header) => {
        assert.strictEqual(read(`Bearer ${header}`)._tag, "Unreadable")
      })
    )
    assert.deepStrictEqual(
      Option.getOrNull(Result.getFailure(bearerOf(read(null), noTokens, 0))),
      "TOKEN_REQUIRED"
    )
  })
})

describe("two digests", () => {
  /** Counts how often it is looked into. */
  const counted = (text: string) => {
    const looks = { count: 0, charCodeAt: (at: number) => (looks.count++, text.charCodeAt(at)) }
    return looks
  }
  const digest = fc.stringMatching(/^[0-9a-f]{64}$/)

  it("are held against one another letter by letter, wherever they differ", () => {
    fc.assert(
      fc.property(digest, digest, fc.nat(63), (one, other, at) => {
        const near = one.slice(0, at) + (one[at] === "0" ? "1" : "0") + one.slice(at + 1)
        for (const [left, right] of [
          [one, one],
          [one, other],
          [one, near]
        ] as const) {
          const [a, b] = [counted(left), counted(right)]
          assert.strictEqual(isSame(a, b), left === right)
          assert.deepStrictEqual([a.count, b.count], [64, 64])
        }
      })
    )
  })
})
