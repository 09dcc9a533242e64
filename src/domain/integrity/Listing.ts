/** Owns what a provider's answer to the question for its models means for the routes that lead to it. Pure. */
import type { Code } from "../Failure.ts"
import type { ModelName } from "../Ids.ts"
import type { Policy } from "../config/Policy.ts"
import type { KeyName } from "../config/Settings.ts"
import { isSameModel } from "../run/Route.ts"
import { type Finding, finding, nameOf } from "./Diagnosis.ts"
import type { FaultName } from "./Faults.ts"
import { modelsAsked } from "./Models.ts"

/** What came of the question: the models, or why there are none. */
export type Listing = { readonly models: ReadonlyArray<ModelName> } | { readonly code: Code }

const faults: Partial<Record<Code, FaultName>> = {
  PROVIDER_UNAUTHORIZED: "HOST_KEY_REFUSED",
  PROVIDER_RATE_LIMITED: "HOST_BUSY",
  PROVIDER_TIMEOUT: "HOST_SILENT",
  PROVIDER_BAD_RESPONSE: "HOST_WITHOUT_LIST",
  PROVIDER_REJECTED: "HOST_WITHOUT_LIST",
  PROVIDER_MODEL_NOT_FOUND: "HOST_WITHOUT_LIST"
}

/** `keyName` is the variable that has the provider's key. */
export const ofListing = (
  policy: Policy,
  provider: string,
  keyName: KeyName | null,
  listing: Listing
): ReadonlyArray<Finding> => {
  if ("models" in listing) {
    return modelsAsked(policy, provider)
      .filter((asked) => !listing.models.some((one) => isSameModel(one, asked)))
      .map((asked) => finding("models", "MODEL_UNLISTED", { name: nameOf(asked) }))
  }
  if (listing.code === "PROVIDER_KEY_MISSING") {
    return keyName === null
      ? [finding("models", "HOST_KEY_UNNAMED", { name: nameOf(provider) })]
      : [finding("models", "HOST_KEY_MISSING", { name: nameOf(keyName) })]
  }
  return [finding("models", faults[listing.code] ?? "HOST_UNAVAILABLE", { name: nameOf(provider) })]
}
