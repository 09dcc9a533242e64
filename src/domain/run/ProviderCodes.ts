/** Owns the codes of what becomes of a call to a model, and what each means. */
import { provider } from "../Meaning.ts"

export const providers = {
  PROVIDER_UNAVAILABLE: provider(
    503,
    "The provider could not be reached or cannot answer[; io3 doctor names its address].",
    true
  ),
  PROVIDER_MODEL_NOT_FOUND: provider(
    502,
    "The provider does not have the model of this route[; io3 doctor names it]."
  ),
  PROVIDER_TIMEOUT: provider(504, "The provider did not answer in time.", true),
  PROVIDER_BAD_RESPONSE: provider(502, "The provider answered with something that is not its protocol."),
  PROVIDER_OUTCOME_UNKNOWN: provider(
    502,
    "The call was made and its outcome is unknown; it is never repeated by itself."
  ),
  PROVIDER_REJECTED: provider(502, "The provider refused the request."),
  PROVIDER_KEY_MISSING: provider(
    503,
    "The environment has no usable key for the provider[; io3 doctor names the variable]. Nothing was sent."
  ),
  PROVIDER_UNAUTHORIZED: provider(
    502,
    "The provider did not accept the key, or its account may not make this call."
  ),
  PROVIDER_RATE_LIMITED: provider(
    503,
    "The provider takes no more calls for now; until the time it named, none is sent.",
    true
  ),
  PROVIDER_CONTENT_FILTERED: provider(
    502,
    "The provider withheld the answer: a content filter, or the model's refusal."
  )
} as const
