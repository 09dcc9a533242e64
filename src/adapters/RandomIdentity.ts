/** Owns fresh identifiers drawn from the system's randomness and the clock. */
import { randomBytes } from "node:crypto"
import { Clock, Effect, Layer, Redacted } from "effect"
import { TOKEN_MARK } from "../domain/access/Token.ts"
import { LoginId, RunId, SessionId, TokenId } from "../domain/Ids.ts"
import { Identity } from "../ports/Identity.ts"
import { Drawn } from "./Drawn.ts"

/** Sixteen bytes each. */
const drawn = new Drawn(16)

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")

/** A UUID of version 7: sortable by `millis`, with 74 random bits. Lower case. */
export const uuid7 = (millis: number): string => {
  const bytes = drawn.next()
  new DataView(bytes.buffer).setBigUint64(
    0,
    (BigInt(millis) << 16n) | BigInt(0x7000 | ((bytes[6]! & 0x0f) << 8) | bytes[7]!)
  )
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const digits = hex(bytes)
  return [8, 12, 16, 20, 32].map((end, i) => digits.slice([0, 8, 12, 16, 20][i], end)).join("-")
}

export const layer: Layer.Layer<Identity> = Layer.succeed(
  Identity,
  Identity.of({
    runId: Effect.map(Clock.currentTimeMillis, (millis) => RunId.make(uuid7(millis))),
    sessionId: Effect.map(Clock.currentTimeMillis, (millis) => SessionId.make(uuid7(millis))),
    tokenId: Effect.map(Clock.currentTimeMillis, (millis) => TokenId.make(uuid7(millis))),
    loginId: Effect.map(Clock.currentTimeMillis, (millis) => LoginId.make(uuid7(millis))),
    token: Effect.sync(() => Redacted.make(TOKEN_MARK + randomBytes(32).toString("base64url"))),
    boundary: Effect.sync(() => `-----${hex(drawn.next())}-----`)
  })
)
