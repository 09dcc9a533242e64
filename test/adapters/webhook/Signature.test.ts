import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Webhook } from "standardwebhooks"
import { secretsIn, signatureOf } from "../../../src/adapters/webhook/Signature.ts"

const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString("base64")}`
const secrets = fc.uint8Array({ minLength: 24, maxLength: 64 }).map(secretOf)
const keys = (text: string) => secretsIn(text) ?? assert.fail("it is a secret")

describe("a signature", () => {
  it("is one that another implementation makes and accepts, under each secret", () => {
    fc.assert(
      fc.property(fc.array(secrets, { minLength: 1, maxLength: 4 }), fc.json(), (texts, body) => {
        const seconds = Math.floor(Date.now() / 1000)
        const header = signatureOf(keys(texts.join(" ")), "msg_1", seconds, body)
        for (const [index, text] of texts.entries()) {
          const other = new Webhook(text)
          assert.strictEqual(header.split(" ")[index], other.sign("msg_1", new Date(seconds * 1000), body))
          other.verify(body, {
            "webhook-id": "msg_1",
            "webhook-timestamp": String(seconds),
            "webhook-signature": header
          })
        }
      })
    )
  })

  it("is another one for another id, time, body or secret", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.string(), fc.nat(), fc.string(), secrets),
        fc.tuple(fc.string(), fc.nat(), fc.string(), secrets),
        (one, other) => {
          const sign = ([id, seconds, body, text]: typeof one) =>
            signatureOf(keys(text), `msg_${id.length}`, seconds, body)
          const parts = ([id, seconds, body, text]: typeof one) => [id.length, seconds, body, text].join("\n")
          assert.strictEqual(sign(one) === sign(other), parts(one) === parts(other))
        }
      )
    )
  })

  it("is not made with what is no secret", () => {
    const short = secretOf(new Uint8Array(23))
    const good = secretOf(new Uint8Array(24))
    for (const text of [
      "",
      "whsec_",
      "secret",
      short,
      secretOf(new Uint8Array(65)),
      good.slice("whsec_".length),
      `${good}!`,
      `${good} ${short}`,
      Array.from({ length: 5 }, () => good).join(" ")
    ]) {
      assert.isNull(secretsIn(text), text)
    }
    assert.isNotNull(secretsIn(` ${good} `))
  })
})
