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
  const time = new DataView(bytes.buffer)
  time.setUint32(0, Math.floor(millis / 0x10000))
  time.setUint16(4, millis % 0x10000)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const digits = hex(bytes)
  const part = (from: number, to: number) => digits.slice(from, to)
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`
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
