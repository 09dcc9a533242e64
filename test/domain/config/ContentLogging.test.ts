import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { asksForContent, variables } from "../../../src/domain/config/ContentLogging.ts"

const asked = (document: unknown) => asksForContent(document).map((path) => path.join("."))

describe("ContentLogging", () => {
  it("nothing but false keeps a log of content closed", () => {
    fc.assert(
      fc.property(fc.anything(), (enabled) => {
        const expected = enabled === false || enabled === undefined ? [] : ["logging.content.enabled"]
        assert.deepStrictEqual(asked({ logging: { content: { enabled } } }), expected)
      })
    )
  })

  it("no document makes it fail, and what it names is in the document", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (storage, logging, safety) => {
        const document = { storage, logging, safety }
        for (const path of asksForContent(document)) {
          let value: unknown = document
          for (const name of path) value = (value as Readonly<Record<string, unknown>>)[name]
          assert.notStrictEqual(value, undefined)
        }
      })
    )
    assert.deepStrictEqual(asked(null), [])
  })

  it("a folder for content counts when content is to go there", () => {
    const storage = { content_log_dir: "anywhere" }
    assert.deepStrictEqual(asked({ storage }), [])
    assert.deepStrictEqual(asked({ storage, logging: { content: { enabled: false } } }), [])
    assert.include(asked({ storage, logging: { content: { enabled: true } } }), "storage.content_log_dir")
    assert.include(asked({ storage, logging: { content: true } }), "storage.content_log_dir")
  })

  it("has the names of the variables that such keys would have", () => {
    assert.isTrue(variables.has("IO3_LOGGING_CONTENT_ENABLED"))
    assert.isTrue(variables.has("IO3_STORAGE_LOCAL_ONLY"))
  })
})
