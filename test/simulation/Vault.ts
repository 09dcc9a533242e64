/** Owns a vault without secrets for simulations: its keys follow from names, so that equal runs have equal digests. */
import { createHash, createHmac } from "node:crypto"
import { Effect } from "effect"
import { Content, reveal } from "../../src/domain/Content.ts"
import { Opening } from "../../src/domain/ledger/Disclosure.ts"
import { type ContentId, Digest, type StreamId } from "../../src/domain/Ids.ts"
import type { StreamVault, Vault } from "../../src/ports/Vault.ts"

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** The digest of a text, for whoever knows the text. */
export const digestOf = (stream: string, id: string, text: string): Digest =>
  Digest.make(createHmac("sha256", openingOf(stream, id)).update(text).digest("hex"))

const openingOf = (stream: string, id: string): string => sha256(`${stream}\n${id}`)

/** What a sealed text says. */
export const unsealed = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8")

const streamVault = (stream: StreamId): StreamVault => ({
  wrapped: Buffer.from(stream),
  seal: (id, content) => ({ id, bytes: Buffer.from(reveal(content)) }),
  unseal: ({ bytes }) => Effect.succeed(Content.of(unsealed(bytes))),
  digest: (id: ContentId, content: Content) => digestOf(stream, id, reveal(content)),
  opening: (id) => Opening.make(openingOf(stream, id))
})

export const vault: Vault["Service"] = {
  create: (stream) => Effect.succeed(streamVault(stream)),
  open: (stream) => Effect.succeed(streamVault(stream)),
  fingerprint: (record) => Digest.make(sha256(record)),
  fingerprinting: () => {
    const hash = createHash("sha256")
    return { add: (record) => void hash.update(record), result: () => Digest.make(hash.digest("hex")) }
  },
  digestUnder: (opening, content) =>
    Digest.make(createHmac("sha256", opening).update(reveal(content)).digest("hex"))
}
