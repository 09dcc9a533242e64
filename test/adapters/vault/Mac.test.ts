/** Holds the vault's own HMAC and derivation to what Node's objects come to, whatever the text. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { createHmac, hkdfSync, randomBytes } from "node:crypto"
import { derivation, keyOf, mac } from "../../../src/adapters/vault/Mac.ts"

const expected = (key: Uint8Array, message: string | Uint8Array) =>
  createHmac("sha256", key).update(message).digest("hex")

const Text = Schema.String
const Repeated = Schema.Natural.check(Schema.isLessThanOrEqualTo(12_000))

describe("vault: message authentication", () => {
  it.effect.prop("is HMAC-SHA-256 of any text", [Text, Repeated], ([text, times]) =>
    Effect.sync(() => {
      const key = randomBytes(32)
      // Beyond what is digested in one piece, too, and of letters that take one byte to four.
      for (const message of [text, text.repeat(times), "ä€😀x".repeat(times)]) {
        const whole = message.slice(0, 100_000).toWellFormed()
        assert.strictEqual(mac(key, whole, "hex"), expected(key, whole))
        assert.deepEqual(Buffer.from(keyOf(key, whole)).toString("hex"), expected(key, whole))
      }
    })
  )

  it("is that of the standard's own example", () => {
    // RFC 4231, test case 2, its key filled up to the 32 bytes that all keys have here: the same key, by RFC 2104.
    const key = Buffer.alloc(32)
    key.write("Jefe")
    assert.strictEqual(
      mac(key, "what do ya want for nothing?", "hex"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
  })

  it("says nothing of the text before", () => {
    const key = randomBytes(32)
    mac(key, "a longer text that comes first", "hex")
    assert.strictEqual(mac(key, "short", "hex"), expected(key, "short"))
    assert.strictEqual(mac(key, new Uint8Array(0), "hex"), expected(key, ""))
  })

  it("derives what HKDF derives", () => {
    for (let times = 0; times < 20; times++) {
      const secret = randomBytes(32)
      const derive = derivation(secret)
      for (const purpose of ["wrap", "mark", "seal", "digest"]) {
        const known = new Uint8Array(hkdfSync("sha256", secret, "", `io3/vault/v1/${purpose}`, 32))
        assert.deepEqual(Uint8Array.from(derive(purpose)), known)
      }
    }
  })
})
