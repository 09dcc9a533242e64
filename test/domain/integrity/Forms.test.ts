import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { contains, namesIn } from "../../../src/domain/integrity/Forms.ts"

const word = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z0-9-]{12,24}$/)))
const around = Schema.String.pipe(Schema.check(Schema.isMaxLength(8)))

describe("a text in bytes", () => {
  it.prop(
    "is found in each of its forms, wherever it stands",
    [word, around, around],
    ([text, before, after]) => {
      const whole = `${before}${text}${after}`.toWellFormed()
      const wide = Buffer.from(whole, "utf16le")
      const forms = [
        Buffer.from(whole),
        wide,
        Buffer.from(wide).swap16(),
        Buffer.from(Buffer.from(whole).toString("hex")),
        Buffer.from(Buffer.from(whole).toString("hex").toUpperCase()),
        Buffer.from(Buffer.from(whole).toString("base64")),
        Buffer.from(Buffer.from(whole).toString("base64url"))
      ]
      for (const form of forms) assert.deepStrictEqual(namesIn(form, [["text", text]]), ["text"])
    }
  )

  it("is not found where it is not", () => {
    const bytes = Buffer.from("a canary is a small bird, and canary-prompt is a word")
    assert.deepStrictEqual(
      namesIn(bytes, [
        ["here", "canary-prompt"],
        ["elsewhere", "canary-answer"]
      ]),
      ["here"]
    )
    assert.deepStrictEqual(namesIn(new Uint8Array(), [["text", "canary-prompt"]]), [])
  })

  it("is found as bytes of any value", () => {
    const secret = Uint8Array.from({ length: 300 }, (_, index) => index % 256)
    assert.isTrue(contains(Buffer.concat([Buffer.alloc(20_000, 0xff), secret, Buffer.of(1)]), secret))
    assert.isFalse(contains(Buffer.concat([Buffer.alloc(20_000, 0xff), secret.subarray(1)]), secret))
  })
})
