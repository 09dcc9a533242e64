/** Owns the signatures of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto"

const PREFIX = "whsec_"
/** Bytes of a secret. */
const LEAST_BYTES = 24
const MOST_BYTES = 64
/** While a secret is replaced, messages are signed with the old and the new one. */
const MOST_SECRETS = 4

/** The keys in a text of one or several secrets with spaces between; null where one of them is none. */
export const secretsIn = (text: string): ReadonlyArray<KeyObject> | null => {
  const keys = text.trim().split(/ +/).map(keyOf)
  return keys.length <= MOST_SECRETS && keys.every((key) => key !== null) ? keys : null
}

const keyOf = (secret: string): KeyObject | null => {
  const base64 = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : ""
  const bytes = Buffer.from(base64, "base64")
  const isWritten = bytes.toString("base64").replace(/=+$/, "") === base64.replace(/=+$/, "")
  return isWritten && bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES
    ? createSecretKey(bytes)
    : null
}

/** The header `webhook-signature`: one signature for each key, over the id, the time of the attempt in seconds and the body. */
export const signatureOf = (
  keys: ReadonlyArray<KeyObject>,
  id: string,
  seconds: number,
  body: string
): string =>
  keys
    .map((key) => `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`)
    .join(" ")
