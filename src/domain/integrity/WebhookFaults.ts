/** Owns the words for faults of what is told to others. */
import { note, warning } from "./FaultMeaning.ts"

const NEW_SECRET = 'export {name}="whsec_$(openssl rand -base64 32)"'

/** Nothing is lost: what is owed waits. */
export const webhookWarnings = {
  WEBHOOK_SECRET_MISSING: warning(
    "Webhooks are configured, and there is no secret to sign them with: nothing is delivered.",
    "Set the variable to the secret that you share with the receiver, or make one and give it to both.",
    NEW_SECRET
  ),
  WEBHOOK_SECRET_MALFORMED: warning(
    "The secret of the webhooks is none: nothing is delivered.",
    "It is whsec_ and 24 to 64 bytes in base64; several, while one is replaced, have a space between them.",
    NEW_SECRET
  ),
  WEBHOOK_DISABLED: warning(
    "This endpoint said that it is gone, or took nothing for three days, and is not tried any more.",
    "Look at it and at its address in runtime.yaml, then try it again: what waits is delivered.",
    "io3 webhooks enable {name}"
  )
} as const

export const webhookNotes = {
  WEBHOOKS_FAILED: note(
    "Deliveries were given up.",
    "Look at them; one that is still wanted goes into the queue again with io3 webhooks replay.",
    "io3 webhooks list"
  ),
  WEBHOOKS_PENDING: note(
    "Deliveries wait for somebody who makes them.",
    "A server delivers them by itself; without one, do it now.",
    "io3 webhooks deliver"
  )
} as const
