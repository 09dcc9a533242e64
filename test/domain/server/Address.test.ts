import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { addressOf } from "../../../src/domain/server/Address.ts"
import { isLoopback } from "../../../src/domain/server/Admission.ts"

const hosts = ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "192.168.0.1", "io3.example"]

describe("an address", () => {
  it("is there for those with a token, or for this machine alone under no other name", () => {
    for (const host of hosts) {
      for (const names of [[], ["io3.example"]]) {
        for (const hasToken of [false, true]) {
          const found = addressOf({ host, port: 8080, names }, hasToken)
          const may = hasToken || (isLoopback(host) && names.length === 0)
          assert.strictEqual(Result.isSuccess(found), may, `${host} ${names} ${hasToken}`)
          if (Result.isSuccess(found)) assert.deepInclude({ ...found.success }, { host, port: 8080 })
          else assert.strictEqual(found.failure, "ADDRESS_UNGUARDED")
        }
      }
    }
  })
})
