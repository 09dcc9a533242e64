/** Holds the vault to giving back what was sealed, to nobody else, and nothing that was altered. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as Aes from "../../../src/adapters/vault/Aes.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { ContentId } from "../../../src/domain/Ids.ts"
import { Vault } from "../../../src/ports/Vault.ts"
import { startProgram } from "../../support/children.ts"
import { codeOf, folder, run } from "../../support/ledger.ts"

const id = ContentId.make("draft.1")
const another = ContentId.make("draft.2")
const secret = () => randomBytes(32).toString("hex")

/** Uses a vault on a folder; `key` is what the environment says. */
const using = <A, E>(
  directory: string,
  key: string | null,
  body: (vault: Vault["Service"]) => Effect.Effect<A, E>
) =>
  Vault.use(body).pipe(
    Effect.provide(
      Layer.fresh(Aes.layer({ directory })).pipe(
        Layer.provide(
          ConfigProvider.layer(ConfigProvider.fromUnknown(key === null ? {} : { IO3_MASTER_KEY: key }))
        )
      )
    )
  )

const nowhere = "never-made"
const withKey = <A, E>(body: (vault: Vault["Service"]) => Effect.Effect<A, E>) =>
  using(nowhere, secret(), body)

/** Every array that differs from this one in a single bit. */
const flips = function* (bytes: Uint8Array) {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    yield flipped
  }
}

describe("vault: sealing", () => {
  it.effect.prop("gives back any text, also to a later opening", [Schema.String], ([text]) =>
    withKey((vault) =>
      Effect.gen(function* () {
        const created = yield* vault.create(run("a"))
        const content = Content.of(text)
        const sealed = created.seal(id, content)
        const opened = yield* vault.open(run("a"), created.wrapped)
        assert.strictEqual(reveal(yield* created.unseal(sealed)), reveal(content))
        assert.strictEqual(reveal(yield* opened.unseal(sealed)), reveal(content))
        assert.strictEqual(opened.digest(id, content), created.digest(id, content))
        assert.notDeepEqual(created.seal(id, content).bytes, sealed.bytes)
        assert.strictEqual(sealed.bytes.buffer.byteLength, sealed.bytes.length)
      })
    )
  )

  it.effect("gives back a text of 4 MiB", () =>
    withKey((vault) =>
      Effect.gen(function* () {
        const stream = yield* vault.create(run("a"))
        const content = Content.of("ä€😀x".repeat(400_000))
        assert.isTrue((yield* stream.unseal(stream.seal(id, content))).equals(content))
      })
    )
  )

  it.effect("one bit changed, or an end missing, makes it unreadable", () =>
    withKey((vault) =>
      Effect.gen(function* () {
        const stream = yield* vault.create(run("a"))
        const { bytes } = stream.seal(id, Content.of("canary"))
        const altered = [
          ...flips(bytes),
          ...[0, 5, 12, 28, bytes.length - 1].map((end) => bytes.subarray(0, end))
        ]
        for (const one of altered) {
          assert.strictEqual(yield* codeOf(stream.unseal({ id, bytes: one })), "VAULT_CONTENT_UNREADABLE")
        }
        assert.notInclude(Buffer.from(bytes).toString("latin1"), "canary")
      })
    )
  )

  it.effect("it is unreadable under another id, and in another stream", () =>
    withKey((vault) =>
      Effect.gen(function* () {
        const one = yield* vault.create(run("a"))
        const other = yield* vault.create(run("b"))
        const { bytes } = one.seal(id, Content.of("text"))
        assert.strictEqual(yield* codeOf(one.unseal({ id: another, bytes })), "VAULT_CONTENT_UNREADABLE")
        assert.strictEqual(yield* codeOf(other.unseal({ id, bytes })), "VAULT_CONTENT_UNREADABLE")
        assert.strictEqual(yield* codeOf(vault.open(run("b"), one.wrapped)), "VAULT_CONTENT_UNREADABLE")
      })
    )
  )

  it.effect(
    "a stream's key with one bit changed is unreadable; under another master key it is not ours",
    () =>
      withKey((vault) =>
        Effect.gen(function* () {
          const { wrapped } = yield* vault.create(run("a"))
          for (const altered of flips(wrapped)) {
            assert.strictEqual(yield* codeOf(vault.open(run("a"), altered)), "VAULT_CONTENT_UNREADABLE")
          }
          const elsewhere = yield* withKey((other) => codeOf(other.open(run("a"), wrapped)))
          assert.strictEqual(elsewhere, "VAULT_KEY_INVALID")
          for (const end of [0, 7, 8, 30]) {
            assert.isNotNull(yield* codeOf(vault.open(run("a"), wrapped.subarray(0, end))))
          }
        })
      )
  )
})

describe("vault: digests", () => {
  it.effect.prop("differ by id, stream and text", [Schema.String, Schema.String], ([text, more]) =>
    withKey((vault) =>
      Effect.gen(function* () {
        const one = yield* vault.create(run("a"))
        const two = yield* vault.create(run("b"))
        const content = Content.of(text)
        const longer = Content.of(`${text}${more}.`)
        const digests = [
          one.digest(id, content),
          one.digest(another, content),
          two.digest(id, content),
          one.digest(id, longer),
          vault.fingerprint(reveal(content))
        ]
        assert.strictEqual(new Set(digests).size, digests.length)
      })
    )
  )

  it.effect("a fingerprint is plain SHA-256", () =>
    withKey((vault) =>
      Effect.sync(() =>
        assert.strictEqual(
          vault.fingerprint("abc"),
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
      )
    )
  )
})

describe("vault: the master key", () => {
  const create = (directory: string, key: string | null = null) =>
    using(directory, key, (vault) => Effect.map(vault.create(run("a")), ({ wrapped }) => wrapped))
  const open = (directory: string, wrapped: Uint8Array, key: string | null = null) =>
    codeOf(using(directory, key, (vault) => vault.open(run("a"), wrapped)))

  it.effect("is made with the first stream, for this user alone, and kept", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "data")
      assert.strictEqual(yield* open(directory, new Uint8Array(68)), "VAULT_KEY_INVALID")
      assert.isFalse(existsSync(directory))
      const wrapped = yield* create(directory)
      assert.deepStrictEqual(readdirSync(directory), ["master.key"])
      assert.strictEqual(statSync(join(directory, "master.key")).mode & 0o777, 0o600)
      const kept = readFileSync(join(directory, "master.key"), "utf8")
      assert.match(kept, /^[0-9a-f]{64}\n$/)
      yield* create(directory)
      assert.strictEqual(readFileSync(join(directory, "master.key"), "utf8"), kept)
      assert.isNull(yield* open(directory, wrapped))
      assert.isNull(yield* open(nowhere, wrapped, kept.trim()))
    })
  )

  it.effect(
    "may be hex or base64 in the environment, and then no file is made; an empty one counts as none",
    () =>
      Effect.gen(function* () {
        const directory = join(yield* folder, "data")
        const bytes = randomBytes(32)
        const wrapped = yield* create(directory, bytes.toString("hex"))
        for (const encoding of ["hex", "base64", "base64url"] as const) {
          assert.isNull(yield* open(directory, wrapped, bytes.toString(encoding)))
        }
        assert.isNull(yield* open(directory, wrapped, bytes.toString("hex").toUpperCase()))
        assert.isFalse(existsSync(directory))
        yield* create(directory, "")
        assert.deepStrictEqual(readdirSync(directory), ["master.key"])
      })
  )

  it.effect("is refused when malformed, and never replaced", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const file = join(directory, "master.key")
      const good = secret()
      const short = "A".repeat(42)
      for (const text of [" ", "x", good.slice(1), `${good}0`, `${good.slice(1)}g`, "ä".repeat(64), short]) {
        assert.strictEqual(yield* codeOf(create(directory, text)), "VAULT_KEY_INVALID")
        assert.isFalse(existsSync(file))
      }
      for (const text of [
        "",
        "x",
        ...Array.from({ length: 63 }, (_, length) => good.slice(0, length + 1)),
        `${good} ${good}`,
        "\0".repeat(32),
        `${good}${" ".repeat(1_000)}`
      ]) {
        writeFileSync(file, text, { mode: 0o600 })
        assert.strictEqual(yield* codeOf(create(directory)), "VAULT_KEY_INVALID")
        assert.strictEqual(readFileSync(file, "utf8"), text)
      }
    })
  )

  it.effect.skipIf(process.platform === "win32")("is refused when others can read it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const wrapped = yield* create(directory)
      for (const mode of [0o640, 0o604, 0o620]) {
        chmodSync(join(directory, "master.key"), mode)
        assert.strictEqual(yield* open(directory, wrapped), "VAULT_KEY_INVALID")
      }
      chmodSync(join(directory, "master.key"), 0o600)
      assert.isNull(yield* open(directory, wrapped))
    })
  )

  it.effect.skipIf(process.platform === "win32")(
    "is refused when it is no file, without waiting for one",
    () =>
      Effect.gen(function* () {
        const wrapped = yield* create(yield* folder)
        const [pipe, link, elsewhere, nowhere] = [yield* folder, yield* folder, yield* folder, yield* folder]
        assert.strictEqual(spawnSync("sh", ["-c", 'mkfifo -m 600 "$1/master.key"', "sh", pipe]).status, 0)
        symlinkSync("/dev/zero", join(link, "master.key"))
        const outside = join(yield* folder, "outside.key")
        writeFileSync(outside, `${"0".repeat(64)}\n`, { mode: 0o600 })
        symlinkSync(outside, join(elsewhere, "master.key"))
        symlinkSync(`${outside}.none`, join(nowhere, "master.key"))
        for (const directory of [pipe, link, elsewhere, nowhere]) {
          assert.strictEqual(yield* open(directory, wrapped), "VAULT_KEY_INVALID")
          assert.strictEqual(yield* codeOf(create(directory)), "VAULT_KEY_INVALID")
        }
      })
  )

  it.effect("that cannot be written says that of the folder, not of the key", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "file")
      writeFileSync(directory, "")
      assert.strictEqual(yield* codeOf(create(directory)), "JOURNAL_UNAVAILABLE")
      const taken = yield* folder
      mkdirSync(join(taken, "master.key"))
      assert.isNotNull(yield* codeOf(create(taken)))
    })
  )

  it.live("is the same for processes that make it at the same moment", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const children = yield* Effect.forEach([1, 2, 3, 4], () => startProgram("vaultChild.ts", directory))
      yield* Effect.forEach(children, ({ ended }) => ended)
      for (const { lines } of children) {
        assert.isNull(yield* open(directory, Buffer.from(lines[0] ?? "", "hex")))
      }
      assert.deepStrictEqual(readdirSync(directory), ["master.key"])
    })
  )
})
