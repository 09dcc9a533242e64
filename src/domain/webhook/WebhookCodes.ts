/** Owns the codes of what cannot be done about webhooks, and what each means. */
import { contract, meaning } from "../Meaning.ts"

export const webhook = {
  WEBHOOK_NOT_FOUND: contract(
    404,
    1,
    "There is no such delivery[; io3 webhooks list shows those there are]."
  ),
  WEBHOOK_AMBIGUOUS: contract(400, 1, "The ids of several deliveries begin like this; give more of it."),
  WEBHOOK_UNCONFIGURED: contract(
    409,
    2,
    "Nobody is told of this: runtime.yaml has no address for it (webhooks, webhook_url), or none that is trusted."
  ),
  WEBHOOK_SECRET_INVALID: contract(
    500,
    2,
    "Nothing can be signed: IO3_WEBHOOK_SECRET, or what webhooks.env_key_name names, is missing or no whsec_ secret."
  ),
  WEBHOOK_BUSY: meaning(
    "contract_violation",
    409,
    1,
    "Another process, a server perhaps, delivers to this endpoint at the moment.",
    true
  )
} as const
