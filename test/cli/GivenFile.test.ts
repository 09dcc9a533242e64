/** Holds files that a person names to their limits, with a code for whatever else they are, and to being left alone. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem, type Stdio, Stream } from "effect"
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import {
  bytesOf,
  checkpointOf,
  contentOf,
  create,
  disclosureOf,
  publicKeyOf
} from "../../src/cli/GivenFile.ts"
import { reveal } from "../../src/domain/Content.ts"
import { failure, type RuntimeFailure } from "../../src/domain/Failure.ts"
import type { Checkpoint } from "../../src/domain/ledger/Head.ts"
import { Digest, PublicKey, Signature, Timestamp } from "../../src/domain/Ids.ts"
import { canonical } from "../../src/domain/ledger/Ledger.ts"
import { codeOf, folder } from "../support/ledger.ts"

type Wish<A> = Effect.Effect<A, RuntimeFailure, FileSystem.FileSystem | Stdio.Stdio>
const really = <A>(wish: Wish<A>) => Effect.provide(wish, NodeServices.layer)
const refused = <A>(wish: Wish<A>) => codeOf(really(wish))

const key = PublicKey.make("ab".repeat(32))
const checkpoint: Checkpoint = {
  at: Timestamp.make(1),
  format: "io3/checkpoint/v1",
  key,
  position: 1,
  root: Digest.make("cd".repeat(32)),
  signature: Signature.make("ef".repeat(64)),
  streams: 1
}

/** A folder and a way to put files in it. */
const files = Effect.map(folder, (directory) => ({
  directory,
  file: (name: string, text: string | Uint8Array) => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
}))

describe("a file that is given", () => {
  it.effect("is read as it is, byte for byte", () =>
    Effect.gen(function* () {
      const { file } = yield* files
      for (const text of ["", "a\r\nb\n\n", "\uFEFFmarked", "a\0b", "ä€😀"]) {
        assert.strictEqual(reveal(yield* really(contentOf(file("text", text)))), text)
      }
      assert.deepStrictEqual(yield* really(checkpointOf(file("c", `${canonical(checkpoint)}\n`))), checkpoint)
      assert.strictEqual(yield* really(publicKeyOf(file("k", `${key}\n`))), key)
      assert.strictEqual(yield* really(publicKeyOf(key)), key)
    })
  )

  it.effect("is refused with a code when it is something else", () =>
    Effect.gen(function* () {
      const { directory, file } = yield* files
      const line = canonical(checkpoint)
      const huge = file("huge", "")
      truncateSync(huge, 64 * 1024 * 1024 + 1)
      // Nobody writes into it: whoever opened it would wait for ever.
      const pipe = join(directory, "pipe")
      execFileSync("mkfifo", [pipe])
      const wrong: ReadonlyArray<readonly [string, Wish<unknown>]> = [
        ["FILE_NOT_FOUND", contentOf(join(directory, "none"))],
        ["FILE_UNREADABLE", contentOf(directory)],
        ["FILE_UNREADABLE", contentOf(pipe)],
        ["FILE_NOT_TEXT", contentOf(file("bytes", Uint8Array.of(0x61, 0xff)))],
        ["FILE_NOT_TEXT", contentOf(file("cut", Uint8Array.of(0x61, 0xc3)))],
        ["FILE_TOO_LARGE", contentOf(huge)],
        ["FILE_TOO_LARGE", disclosureOf(huge)],
        ["FILE_TOO_LARGE", checkpointOf(file("long", "x".repeat(4097)))],
        ["FILE_TOO_LARGE", publicKeyOf(file("long", "x".repeat(4097)))],
        ["LEDGER_EXPORT_INVALID", checkpointOf(file("empty", ""))],
        ["LEDGER_EXPORT_INVALID", checkpointOf(file("unended", line))],
        ["LEDGER_EXPORT_INVALID", checkpointOf(file("twice", `${line}\n${line}\n`))],
        ["LEDGER_EXPORT_INVALID", checkpointOf(file("loose", `${JSON.stringify(checkpoint, null, 1)}\n`))],
        ["LEDGER_EXPORT_INVALID", checkpointOf(file("marked", `\uFEFF${line}\n`))],
        ["LEDGER_EXPORT_INVALID", checkpointOf(file("deep", `${"[".repeat(2000)}\n`))],
        ["LEDGER_EXPORT_INVALID", disclosureOf(file("other", `${line}\n`))],
        ["LEDGER_EXPORT_INVALID", publicKeyOf(file("short", `${key.slice(1)}\n`))],
        ["LEDGER_EXPORT_INVALID", publicKeyOf(file("upper", `${key.toUpperCase()}\n`))]
      ]
      for (const [code, wish] of wrong) assert.strictEqual(yield* refused(wish), code)
      if (process.getuid?.() === 0) return
      const closed = file("closed", "text")
      chmodSync(closed, 0)
      assert.strictEqual(yield* refused(contentOf(closed)), "FILE_UNREADABLE")
    })
  )

  it.effect("comes in pieces where it may be large", () =>
    Effect.gen(function* () {
      const { file } = yield* files
      const large = file("large", "x".repeat(1024 * 1024))
      const pieces = yield* really(Effect.flatMap(bytesOf(large), Stream.runCollect))
      assert.isAbove(pieces.length, 1)
      assert.strictEqual(
        pieces.reduce((sum, piece) => sum + piece.length, 0),
        1024 * 1024
      )
    })
  )
})

describe("a file that is written", () => {
  it.effect("is new, private and whole", () =>
    Effect.gen(function* () {
      const { directory } = yield* files
      const path = join(directory, "new")
      yield* really(create(path, Stream.make("one\n", "two\n")))
      assert.strictEqual(readFileSync(path, "utf8"), "one\ntwo\n")
      assert.strictEqual(statSync(path).mode & 0o777, 0o600)
    })
  )

  it.effect("takes no other's place, and is not left half written", () =>
    Effect.gen(function* () {
      const { directory, file } = yield* files
      const there = file("there", "kept")
      mkdirSync(join(directory, "folder"))
      const text = Stream.make("text")
      assert.strictEqual(yield* refused(create(there, text)), "FILE_EXISTS")
      assert.strictEqual(yield* refused(create(join(directory, "folder"), text)), "FILE_EXISTS")
      assert.strictEqual(yield* refused(create(join(directory, "none", "new"), text)), "FILE_UNWRITABLE")
      assert.strictEqual(readFileSync(there, "utf8"), "kept")
      const path = join(directory, "half")
      const failing = Stream.concat(text, Stream.fail(failure("LEDGER_BROKEN", "setup")))
      assert.strictEqual(yield* refused(create(path, failing)), "LEDGER_BROKEN")
      assert.isFalse(existsSync(path))
    })
  )
})
