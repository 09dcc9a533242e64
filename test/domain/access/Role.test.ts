import { assert, describe, it } from "@effect/vitest"
import { Permission, permits, Role } from "../../../src/domain/access/Role.ts"

describe("roles", () => {
  it("have what they are there for, and neither asking nor deciding holds the other", () => {
    const table = Role.literals.map((role) => [
      role,
      Permission.literals.filter((permission) => permits(role, permission))
    ])
    assert.deepStrictEqual(Object.fromEntries(table), {
      operator: ["see", "read", "run"],
      steward: ["see", "read", "decide"],
      viewer: ["see"]
    })
    for (const permission of Permission.literals) assert.isTrue(permits(null, permission))
  })
})
