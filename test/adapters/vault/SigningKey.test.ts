/** Holds signing to Ed25519 as others know it, and its key to being private, whole, and made once. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as SigningKey from "../../../src/adapters/vault/SigningKey.ts"
import { PublicKey, Signature } from "../../../src/domain/Ids.ts"
import { Signer } from "../../../src/ports/Signer.ts"
import { codeOf, folder } from "../../support/ledger.ts"

/** Uses a signer on a folder; `seed` is what the environment says. */
const using = <A, E>(
  directory: string,
  seed: string | null,
  body: (signer: Signer["Service"]) => Effect.Effect<A, E>
) =>
  Signer.use(body).pipe(
    Effect.provide(
      Layer.fresh(SigningKey.layer({ directory })).pipe(
        Layer.provide(
          ConfigProvider.layer(ConfigProvider.fromUnknown(seed === null ? {} : { IO3_SIGNING_KEY: seed }))
        )
      )
    )
  )

const keyOf = (directory: string, seed: string | null = null) =>
  using(directory, seed, (signer) => signer.publicKey)

/** RFC 8032, 7.1, tests 1 and 2. */
const known = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    text: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    text: "r",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
  }
]

describe("signing key", () => {
  it.effect("signs as RFC 8032 does", () =>
    Effect.forEach(known, ({ seed, key, text, signature }) =>
      using("never-made", seed, (signer) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* signer.publicKey, key)
          assert.strictEqual(yield* signer.sign(text), signature)
          assert.isTrue(signer.verifies(PublicKey.make(key), text, Signature.make(signature)))
        })
      )
    )
  )

  it.effect("no other text, key or signature verifies, and nothing throws", () =>
    using("never-made", "11".repeat(32), (signer) =>
      Effect.gen(function* () {
        const key = yield* signer.publicKey
        const signature = yield* signer.sign("text")
        const flip = (hex: string, place: number) =>
          hex.slice(0, place) + (hex[place] === "0" ? "1" : "0") + hex.slice(place + 1)
        for (let place = 0; place < signature.length; place++) {
          assert.isFalse(
            signer.verifies(key, "text", Signature.make(flip(signature, place))),
            `signature ${place}`
          )
        }
        for (let place = 0; place < key.length; place++) {
          assert.isFalse(signer.verifies(PublicKey.make(flip(key, place)), "text", signature), `key ${place}`)
        }
        for (const text of ["", "texu", "text ", "text\n"])
          assert.isFalse(signer.verifies(key, text, signature))
        const nothing = Signature.make("0".repeat(128))
        for (const wrong of ["0".repeat(64), "f".repeat(64)]) {
          assert.isFalse(signer.verifies(PublicKey.make(wrong), "text", nothing))
        }
      })
    )
  )

  it.effect("is made with the first use, private, and kept", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "data")
      yield* using(directory, null, (signer) =>
        Effect.sync(() =>
          signer.verifies(PublicKey.make("0".repeat(64)), "", Signature.make("0".repeat(128)))
        )
      )
      assert.isFalse(existsSync(directory), "checking a signature makes no key")
      const made = yield* keyOf(directory)
      assert.deepStrictEqual(readdirSync(directory).toSorted(), ["signing.key", "signing.pub"])
      assert.strictEqual(readFileSync(join(directory, "signing.pub"), "utf8"), `${made}\n`)
      assert.strictEqual(statSync(join(directory, "signing.key")).mode & 0o777, 0o600)
      assert.match(readFileSync(join(directory, "signing.key"), "utf8"), /^[0-9a-f]{64}\n$/)
      assert.strictEqual(yield* keyOf(directory), made)
      assert.notStrictEqual(yield* keyOf(yield* folder), made)
    })
  )

  it.effect("of two that make it at the same moment, both have one", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const keys = yield* Effect.forEach(Array.from({ length: 8 }), () => keyOf(directory), {
        concurrency: "unbounded"
      })
      assert.strictEqual(new Set(keys).size, 1)
    })
  )

  it.effect("is never made or taken in place of one that has signed, until somebody says so", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const secret = join(directory, "signing.key")
      const noted = join(directory, "signing.pub")
      const first = yield* keyOf(directory)
      const kept = readFileSync(secret, "utf8")
      const isRefused = Effect.gen(function* () {
        const before = readdirSync(directory).map((name) => [
          name,
          readFileSync(join(directory, name), "utf8")
        ])
        assert.strictEqual(yield* codeOf(keyOf(directory)), "SIGNING_KEY_FOREIGN")
        const after = readdirSync(directory).map((name) => [
          name,
          readFileSync(join(directory, name), "utf8")
        ])
        assert.deepStrictEqual(after, before, "nothing is made or changed")
      })
      rmSync(secret)
      yield* isRefused
      writeFileSync(secret, "22".repeat(32), { mode: 0o600 })
      yield* isRefused
      writeFileSync(secret, kept)
      chmodSync(noted, 0o644)
      assert.strictEqual(yield* keyOf(directory), first, "a public key may be open to all")
      writeFileSync(noted, "no key")
      yield* isRefused
      rmSync(noted)
      assert.strictEqual(yield* keyOf(directory), first)
      for (const file of [secret, noted]) rmSync(file)
      assert.notStrictEqual(yield* keyOf(directory), first, "with both taken away there is a new one")
    })
  )

  it.effect("that was there before anybody noted which one signed is the one", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      writeFileSync(join(directory, "signing.key"), known[0]?.seed ?? "", { mode: 0o600 })
      assert.strictEqual(yield* keyOf(directory), known[0]?.key)
      assert.strictEqual(readFileSync(join(directory, "signing.pub"), "utf8"), `${known[0]?.key}\n`)
    })
  )

  it.effect("in the environment wins, in hex or base64, and no file is looked at", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      writeFileSync(join(directory, "signing.key"), "no key")
      const { seed, key } = known[0] ?? assert.fail("no known key")
      const written = Buffer.from(seed, "hex")
      for (const form of [
        seed,
        seed.toUpperCase(),
        written.toString("base64"),
        written.toString("base64url")
      ]) {
        assert.strictEqual(yield* keyOf(directory, form), key)
      }
      for (const wrong of ["", "short", `${seed}00`, seed.replace("9", "g")]) {
        assert.strictEqual(yield* codeOf(keyOf(directory, wrong)), "SIGNING_KEY_INVALID", wrong)
      }
    })
  )

  it.effect("is refused when it is open to others, cut short or no file", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* keyOf(directory)
      const file = join(directory, "signing.key")
      const whole = readFileSync(file, "utf8")
      for (const mode of [0o640, 0o604, 0o622]) {
        chmodSync(file, mode)
        assert.strictEqual(yield* codeOf(keyOf(directory)), "SIGNING_KEY_INVALID", mode.toString(8))
      }
      chmodSync(file, 0o600)
      for (const wrong of ["", whole.slice(0, 31), `${whole}${whole}`, "z".repeat(64), whole.repeat(9)]) {
        writeFileSync(file, wrong)
        assert.strictEqual(yield* codeOf(keyOf(directory)), "SIGNING_KEY_INVALID", wrong)
        assert.strictEqual(readFileSync(file, "utf8"), wrong, "what is there is left alone")
      }
      writeFileSync(file, whole)
      assert.isNull(yield* codeOf(keyOf(directory)))
      const taken = yield* folder
      mkdirSync(join(taken, "signing.key"))
      assert.strictEqual(yield* codeOf(keyOf(taken)), "SIGNING_KEY_INVALID")
    })
  )
})
