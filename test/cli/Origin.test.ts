import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { originOf } from "../../src/cli/Origin.ts"

describe("the address of a server", () => {
  it("is a scheme and a host, as a browser writes them", () => {
    const cases: ReadonlyArray<readonly [string, string | null]> = [
      ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
      ["HTTPS://Io.Example:443/", "https://io.example"],
      ["http://[::1]:9", "http://[::1]:9"],
      ["io.example", null],
      ["ftp://io.example", null],
      ["javascript:alert(1)", null],
      ["http://io.example/path", null],
      ["http://a@io.example", null],
      ["http://io.example/?a", null],
      ["http://io.example/#a", null],
      ["", null]
    ]
    for (const [typed, origin] of cases) {
      assert.strictEqual(Option.getOrNull(originOf(typed)), origin, typed)
    }
  })
})
