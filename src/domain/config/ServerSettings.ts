/** Owns the shape of `server` in runtime.yaml. */
import { Schema } from "effect"

/** A count that is not none. */
export const Positive = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 31 - 1 })))

/** A name that a server goes by, with a port where it is another one than the server's own. */
const HostName = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/u)),
  Schema.brand("HostName")
)

/** What a server is called, and how much of it anybody may have. */
export const Server = Schema.Struct({
  hosts: Schema.optionalKey(Schema.Array(HostName)),
  /** Of one principal, in the long run; and at once. */
  requests_per_second: Schema.optionalKey(Positive),
  burst: Schema.optionalKey(Positive),
  /** Of everybody together. */
  concurrent_requests: Schema.optionalKey(Positive),
  streams: Schema.optionalKey(Positive),
  streams_per_principal: Schema.optionalKey(Positive)
})
