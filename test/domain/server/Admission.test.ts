import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import {
  admission,
  type Asked,
  depthOf,
  type Framed,
  framed,
  hostsOf,
  isLoopback,
  MAX_BODY_BYTES
} from "../../../src/domain/server/Admission.ts"

const hosts = hostsOf("127.0.0.1", 8080)
const plain: Asked = {
  host: "127.0.0.1:8080",
  origin: null,
  site: null
}
const admit = (rest: Partial<Asked>) => admission({ ...plain, ...rest }, hosts)

describe("admission", () => {
  it("knows its own names and no other", () => {
    for (const host of ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"])
      assert.isNull(admit({ host }), host)
    for (const host of [
      null,
      "",
      "127.0.0.1",
      "localhost",
      "127.0.0.1:80",
      "evil.example:8080",
      "127.0.0.1:8080."
    ])
      assert.strictEqual(admit({ host }), "HOST_UNKNOWN", String(host))
    assert.isTrue(hostsOf("127.0.0.1", 80).has("localhost"))
    fc.assert(
      fc.property(fc.string(), (host) => {
        assert.strictEqual(admit({ host }) === null, hosts.has(host.toLowerCase()))
      })
    )
  })

  it("lets another site's page do nothing", () => {
    const sites = [null, "same-origin", "none", "same-site", "cross-site", "whatever"]
    const origins = [null, "http://127.0.0.1:8080", "http://localhost:8080", "null", "http://evil.example"]
    for (const site of sites) {
      for (const origin of origins) {
        const isOwnSite = site === null || site === "same-origin" || site === "none"
        const may = isOwnSite && (origin === null || origin.endsWith(":8080"))
        assert.strictEqual(admit({ site, origin }), may ? null : "ORIGIN_FORBIDDEN", `${site} ${origin}`)
      }
    }
  })

  it("knows the names that it was given, with their ports or its own, and takes no address for a name that is all of them", () => {
    const names = ["io3.example", "Other.example:8443", "[fe80::1]"]
    for (const host of ["0.0.0.0", "127.0.0.1", "::"]) {
      assert.sameMembers(
        [...hostsOf(host, 8080, names)],
        [
          "127.0.0.1:8080",
          "localhost:8080",
          "[::1]:8080",
          "io3.example",
          "io3.example:8080",
          "other.example:8443",
          "[fe80::1]",
          "[fe80::1]:8080"
        ],
        host
      )
    }
    assert.sameMembers([...hostsOf("192.168.0.7", 8080)], ["192.168.0.7:8080"])
  })
})

describe("framing", () => {
  const frame = (rest: Partial<Framed>) =>
    framed({ contentType: "application/json", contentLength: "2", ...rest })

  it("takes JSON of a size", () => {
    for (const contentType of [
      "application/json",
      "Application/JSON; charset=UTF-8",
      'application/json;charset="utf-8"'
    ])
      assert.isNull(frame({ contentType }), contentType)
    for (const contentType of [
      null,
      "",
      "text/plain",
      "application/jsonx",
      "application/json; charset=latin1"
    ])
      assert.strictEqual(frame({ contentType }), "MEDIA_TYPE_UNSUPPORTED", String(contentType))
    assert.isNull(frame({ contentLength: String(MAX_BODY_BYTES) }))
    assert.strictEqual(frame({ contentLength: String(MAX_BODY_BYTES + 1) }), "BODY_TOO_LARGE")
  })
})

describe("depthOf", () => {
  const nesting = (value: unknown): number =>
    typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(nesting)) : 0

  it("is how deep a JSON value goes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(3), (value, indent) => {
        assert.strictEqual(depthOf(JSON.stringify(value, null, indent)), nesting(value))
      }),
      { numRuns: 500 }
    )
  })

  it("stops counting where it is too deep, and reads no string for a bracket", () => {
    assert.strictEqual(depthOf("[".repeat(1_000_000)), 65)
    assert.strictEqual(depthOf(JSON.stringify("[{".repeat(500))), 0)
    assert.strictEqual(depthOf(String.raw`["\"[[[[\\", "["]`), 1)
    fc.assert(fc.property(fc.string(), (text) => depthOf(text) >= 0))
  })
})

describe("isLoopback", () => {
  it("is what nobody else reaches", () => {
    for (const host of ["127.0.0.1", "127.8.9.10", "localhost", "::1"]) assert.isTrue(isLoopback(host), host)
    for (const host of ["0.0.0.0", "::", "192.168.0.1", "example.com", "127.0.0.1.example.com", "1127.0.0.1"])
      assert.isFalse(isLoopback(host), host)
  })
})
