/** Owns capabilities for tests that want no threads: each comes to the same whenever it is invoked. */
import { Effect, Layer } from "effect"
import type { CapabilityFacts } from "../../src/domain/capability/Capability.ts"
import { CapabilityErrorCode, CapabilityVersion } from "../../src/domain/capability/Capability.ts"
import { Content } from "../../src/domain/Content.ts"
import { type Code, failure } from "../../src/domain/Failure.ts"
import { CapabilityId } from "../../src/domain/Ids.ts"
import { Capabilities, type Capability } from "../../src/ports/Capability.ts"

const bounds = {
  maxCalls: 1,
  timeoutMillis: 3000,
  maxInputChars: 40,
  maxOutputChars: 60,
  sideEffectsAllowed: false
} as const
const factsOf = (id: string, category: CapabilityFacts["category"]): CapabilityFacts => ({
  id: CapabilityId.make(id),
  version: CapabilityVersion.make("1.0"),
  category,
  bounds
})

/** By what each comes to: an answer, a no, or the code it fails with. */
const scripted: ReadonlyArray<readonly [facts: CapabilityFacts, comes: "yes" | "no" | Code]> = [
  [factsOf("cap.breaks", "computation"), "CAPABILITY_EXCEPTION"],
  [factsOf("cap.counts", "computation"), "yes"],
  [factsOf("cap.doubts", "validation"), "no"],
  [factsOf("cap.lingers", "transformation"), "CAPABILITY_TIMEOUT"]
]

const list: ReadonlyArray<Capability> = scripted.map(([facts]) => ({
  facts,
  description: "",
  input: {},
  output: {}
}))

export const scriptedCapabilities: Layer.Layer<Capabilities> = Layer.succeed(
  Capabilities,
  Capabilities.of({
    list,
    get: (id) => list.find(({ facts }) => facts.id === id),
    invoke: (id, payload) => {
      const comes = scripted.find(([facts]) => facts.id === id)?.[1] ?? "CAPABILITY_NOT_FOUND"
      if (comes !== "yes" && comes !== "no") return Effect.fail(failure(comes, "capability"))
      const output = Content.of(`{"of":"${id}"}`)
      return Effect.succeed({
        ok: comes === "yes",
        errorCode: comes === "yes" ? null : CapabilityErrorCode.make("NOT_SO"),
        output,
        durationMillis: 2,
        inputChars: payload?.length ?? 2,
        outputChars: output.length
      })
    }
  })
)
