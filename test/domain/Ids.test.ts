import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Ids from "../../src/domain/Ids.ts"

const accepts = (schema: Schema.Top, value: unknown) => Schema.is(schema)(value as never)

describe("Ids", () => {
  const strict = [Ids.RunId, Ids.OwnerId, Ids.StreamId, Ids.ContentId, Ids.Digest]
  const configured = [Ids.Mode, Ids.ProviderName, Ids.ModelName, Ids.Target, Ids.Principal]
  const all = [...strict, ...configured, Ids.ConfigKey]

  const words = [
    "",
    " ",
    "a b",
    "a\n",
    "\na",
    "a\u0000",
    "é",
    "a".repeat(129),
    "'",
    '"',
    "<a>",
    "a=1",
    "a@b",
    "a?b",
    "a#b",
    "\ud800"
  ]
  it("no identifier takes words", () => {
    for (const schema of all)
      for (const word of words) assert.isFalse(accepts(schema, word), JSON.stringify(word))
  })

  it("no identifier takes what is not a string", () => {
    for (const schema of all)
      for (const value of [null, undefined, 1, {}, [], true]) assert.isFalse(accepts(schema, value))
  })

  it("an id that names a place is refused where an id is looked up", () => {
    const places = [
      "../x",
      "..",
      ".",
      "/etc/passwd",
      "a/../../b",
      "run/..",
      "run/../config",
      "run/a/b",
      "run//a",
      "run/",
      "run/A",
      "config/..",
      "C:\\x",
      "%2e%2e%2f",
      "__proto__"
    ]
    for (const schema of strict) for (const place of places) assert.isFalse(accepts(schema, place), place)
  })

  it("a stream is a kind and one name, or one of the two that stand alone", () => {
    const run = Ids.RunId.make("01932f7e-0000-7000-8000-000000000000")
    assert.strictEqual(Ids.runStream(run), "run/01932f7e-0000-7000-8000-000000000000")
    for (const stream of ["config", "tokens", "session/a", "runbook/nightly.1", "memory/x_y-z"]) {
      assert.isTrue(accepts(Ids.StreamId, stream), stream)
    }
    for (const stream of ["configs", "run", "runs/a", "session/a/b", "config\n"]) {
      assert.isFalse(accepts(Ids.StreamId, stream), stream)
    }
  })

  it("run ids are lower-case UUIDs", () => {
    assert.isTrue(accepts(Ids.RunId, "01932f7e-0000-7000-8000-000000000000"))
    for (const id of [
      "01932F7E-0000-7000-8000-000000000000",
      "01932f7e-0000-7000-c000-000000000000",
      "01932f7e00007000800000000000000000",
      "x01932f7e-0000-7000-8000-000000000000",
      "01932f7e-0000-7000-8000-0000000000000"
    ]) {
      assert.isFalse(accepts(Ids.RunId, id), id)
    }
  })

  it("configured names take what operators call models", () => {
    for (const name of ["qwen3:8b", "hf.co/org/Model-GGUF:Q4_K_M", "gpt-4.1-mini", "a".repeat(128)]) {
      for (const schema of configured) assert.isTrue(accepts(schema, name), name)
    }
  })

  it("counts are safe natural numbers", () => {
    for (const count of [0, 1, Number.MAX_SAFE_INTEGER]) assert.isTrue(accepts(Ids.Count, count))
    for (const count of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, 1e308, "1", null]) {
      assert.isFalse(accepts(Ids.Count, count), String(count))
      assert.isFalse(accepts(Ids.Timestamp, count), String(count))
    }
  })

  it.prop(
    "a generated id fits its Schema and survives JSON",
    [Ids.RunId, Ids.Digest, Ids.Mode, Ids.StreamId],
    (ids) => {
      assert.deepStrictEqual(JSON.parse(JSON.stringify(ids)), [...ids])
      assert.isTrue(accepts(Ids.RunId, ids[0]) && accepts(Ids.Digest, ids[1]) && accepts(Ids.Mode, ids[2]))
      assert.match(ids[3], /^(run|session|runbook|memory)\/|^(config|tokens)$/)
    }
  )
})
