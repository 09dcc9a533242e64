import { assert, describe, it } from "@effect/vitest"
import type { Token } from "../../../src/domain/access/Token.ts"
import { Digest, Principal, Timestamp, TokenId } from "../../../src/domain/Ids.ts"
import { ofTokens } from "../../../src/domain/integrity/Access.ts"

const token = (n: number, expires: number | null, revoked: number | null): Token => ({
  id: TokenId.make(`01900000-0000-7000-8000-${String(n).padStart(12, "0")}`),
  principal: Principal.make("alice"),
  role: "viewer",
  digest: Digest.make(String(n).padStart(64, "0")),
  issuedAt: Timestamp.make(0),
  expiresAt: expires === null ? null : Timestamp.make(expires),
  revokedAt: revoked === null ? null : Timestamp.make(revoked),
  logins: new Map()
})
const of = (...all: ReadonlyArray<Token>) =>
  ofTokens(new Map(all.map((one) => [one.id, one])), 100).map(
    ({ fault, name }) => `${fault} ${name?.at(-1) ?? ""}`
  )

describe("tokens", () => {
  it("are at fault where they let nobody in, and named where they have expired", () => {
    assert.deepStrictEqual(of(), [])
    assert.deepStrictEqual(of(token(1, null, null), token(2, 101, null)), [])
    assert.deepStrictEqual(of(token(1, 100, null), token(2, null, null)), ["TOKEN_EXPIRED 1"])
    assert.deepStrictEqual(of(token(1, 5, 6), token(2, null, 7)), [])
    assert.deepStrictEqual(of(token(1, 5, null), token(2, null, 7)), [
      "TOKENS_ALL_EXPIRED ",
      "TOKEN_EXPIRED 1"
    ])
    assert.deepStrictEqual(
      ofTokens(null, 0).map(({ fault }) => fault),
      ["TOKENS_BROKEN"]
    )
  })
})
