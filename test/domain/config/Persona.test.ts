import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Content } from "../../../src/domain/Content.ts"
import { Mode } from "../../../src/domain/Ids.ts"
import { contractOf, introduction } from "../../../src/domain/config/Persona.ts"
import { textOf } from "../../../src/domain/config/Policy.ts"

const content = (text: string) => Content.of(text)
const persona = (modes: Readonly<Record<string, string>>) => ({
  identity: { name: content("IO-III") },
  persona: {
    name: "io" as never,
    modes: Object.entries(modes).map(([name, contract]) => ({
      name: Mode.make(name),
      contract: content(contract)
    }))
  }
})

describe("a persona", () => {
  it.prop(
    "speaks under the mode's own contract, else the executor's, else none",
    [Schema.String, Schema.String],
    ([own, executor]) => {
      const [fast, other] = [Mode.make("fast"), Mode.make("other")]
      const both = persona({ fast: own, executor })
      assert.isTrue(contractOf(both, fast).equals(content(own)))
      assert.isTrue(contractOf(both, other).equals(content(executor)))
      assert.isTrue(contractOf(persona({}), fast).equals(Content.empty))
    }
  )

  it("introduces itself by name, and by what else it says of itself", () => {
    const said = introduction({
      name: content(" IO-III "),
      description: content(" "),
      style: content("Brief.")
    })
    assert.isTrue(said.equals(content("You are IO-III. Brief.")))
  })
})

describe("configuration as one text", () => {
  it.prop("is the same whatever the order of keys", [Schema.String, Schema.Int], ([text, number]) => {
    const a = textOf({ one: content(text), two: [number] })
    assert.isTrue(a.equals(textOf({ two: [number], one: content(text) })))
  })

  it.prop("differs where a text was moved to its neighbour", [Schema.String], ([text]) => {
    const parts = (one: string, other: string) => textOf([content(one), content(other)])
    assert.isFalse(parts(`${text}x`, text).equals(parts(text, `x${text}`)))
  })
})
