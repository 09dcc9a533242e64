/** Owns `io3 capabilities`: which there are, without calling one. */
import { Effect } from "effect"
import { CapabilitiesOutput, capabilitiesOutput } from "../api/results/CapabilityResults.ts"
import { Capabilities, type Capability } from "../ports/Capability.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"

export const capabilities = Effect.fn(function* ({ json }: { readonly json: boolean }) {
  const { output } = yield* root
  const { list } = yield* Capabilities
  const wanted = json && output === "text" ? "json" : output
  yield* print(wanted, CapabilitiesOutput, capabilitiesOutput(list), () => describe(list))
})

const describe = (list: ReadonlyArray<Capability>): string => {
  const width = Math.max(0, ...list.map(({ facts }) => facts.id.length))
  return [
    `Registered capabilities: ${list.length}`,
    ...list.map(({ facts: { id, version, bounds }, description }) =>
      [
        `  ${id.padEnd(width)}  ${version}  ${description}`,
        `${bounds.maxInputChars} characters in`,
        `${bounds.maxOutputChars} out`,
        `${bounds.timeoutMillis} ms`
      ].join(" · ")
    )
  ].join("\n")
}
