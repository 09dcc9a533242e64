/** Owns the addresses of a configuration, and which of them are known to be of this machine or network. */
import { Schema } from "effect"

/** An address a provider is reached at: http or https, printable ASCII, no credentials, query or fragment. */
export const BaseUrl = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^https?:\/\/[!"$->A-[\]-~]{1,200}$/u)),
  Schema.brand("BaseUrl")
)
export type BaseUrl = typeof BaseUrl.Type

/** An address a webhook is sent to: as a provider's, and it may have a query. */
export const WebhookUrl = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^https?:\/\/[!"$-?A-[\]-~]{1,500}$/u)),
  Schema.brand("WebhookUrl")
)
export type WebhookUrl = typeof WebhookUrl.Type

/**
 * Whether an address is of this machine or a private network by its letters alone: loopback, RFC 1918 and RFC 4193. Any
 * other name may lead anywhere, so that nothing is said of it.
 */
export const isOwn = (address: BaseUrl): boolean => {
  const host = URL.parse(address)?.hostname ?? ""
  return host === "localhost" || host.endsWith(".localhost") || PRIVATE.some((pattern) => pattern.test(host))
}

const PRIVATE = [
  /^(?:127|10)\.\d+\.\d+\.\d+$/u,
  /^192\.168\.\d+\.\d+$/u,
  /^172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+$/u,
  /^\[::1\]$/u,
  /^\[f[cd][0-9a-f]{2}:[0-9a-f:]*\]$/u
]

/** Whether two addresses lead to one server, whatever the path. */
export const isSameHost = (one: BaseUrl, other: BaseUrl): boolean => {
  const [first, second] = [URL.parse(one), URL.parse(other)]
  return first !== null && first.origin === second?.origin
}

/** An address with a path below it; a bare server gets `prefix` first, as in `/v1`. */
export const below = (address: BaseUrl, path: string, prefix = ""): string => {
  const root = address.replace(/\/+$/u, "")
  return root + (/^https?:\/\/[^/]*$/u.test(root) ? prefix : "") + path
}
