import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Content } from "../../../src/domain/Content.ts"
import { CapabilityId, Mode, PackId } from "../../../src/domain/Ids.ts"
import type { Condition } from "../../../src/domain/runbook/Condition.ts"
import { type InForce, misfits } from "../../../src/domain/runbook/Fit.ts"
import type { Step } from "../../../src/domain/runbook/Runbook.ts"

const names = ["a", "b", "c"]
const mode = fc.constantFrom(...names.map((name) => Mode.make(name)))
const when: fc.Arbitrary<Condition | null> = fc.option(
  fc.oneof(
    fc.record({ key: fc.constant("persona_mode" as const), op: fc.constantFrom("eq", "neq"), value: mode }),
    fc.constant({ key: "session_mode", op: "eq", value: Mode.make("work") } as const)
  )
)
const step: fc.Arbitrary<Step> = fc.record({
  id: fc.constant(null),
  mode,
  prompt: fc.constant(Content.of("x")),
  capability: fc.option(
    fc.record({
      id: fc.constantFrom(...names.map((name) => CapabilityId.make(name))),
      payload: fc.constant(null)
    })
  ),
  packs: fc.option(fc.array(fc.constantFrom(...names.map((name) => PackId.make(name))), { maxLength: 3 })),
  when
})
const steps = fc.array(step, { minLength: 1, maxLength: 4 })
const here = fc.record({
  faults: fc.record(
    Object.fromEntries(names.map((name) => [name, fc.constantFrom(null, "unknown_mode", "internal_mode")]))
  ),
  capabilities: fc.subarray(names),
  packs: fc.subarray(names)
})

describe("misfits", () => {
  it("are exactly the names that are not there, each where it stands", () => {
    fc.assert(
      fc.property(steps, here, (all, { faults, capabilities, packs }) => {
        const inForce: InForce = {
          faultOf: (name) => (faults[name] ?? null) as ReturnType<InForce["faultOf"]>,
          hasCapability: (id) => capabilities.includes(id),
          hasPack: (id) => packs.includes(id)
        }
        const found = misfits({ id: null, steps: all }, inForce)
        const said = found.map(({ step: index, part, fault }) => `${index} ${part.join(".")} ${fault}`)
        const expected = all.flatMap((each, index) => [
          ...(faults[each.mode] ? [`${index} mode ${faults[each.mode]}`] : []),
          ...(each.capability && !capabilities.includes(each.capability.id)
            ? [`${index} capabilities.0 unknown_capability`]
            : []),
          ...(each.packs ?? []).flatMap((pack, at) =>
            packs.includes(pack) ? [] : [`${index} memory_packs.${at} unknown_pack`]
          ),
          ...(each.when?.key === "persona_mode" && faults[each.when.value]
            ? [`${index} when.value ${faults[each.when.value]}`]
            : [])
        ])
        assert.deepStrictEqual(said, expected)
      })
    )
  })
})
