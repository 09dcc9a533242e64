/** Holds exports and checkpoints to being whole, and to showing elsewhere what a journal alone cannot show. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import * as fc from "fast-check"
import { copyFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { checkExport } from "../../../src/core/ledger/ExportCheck.ts"
import { Exports } from "../../../src/core/ledger/Exports.ts"
import { type Against, itself, type Tools } from "../../../src/core/ledger/RecordCheck.ts"
import { Verification, Verifier } from "../../../src/core/ledger/Verifier.ts"
import type { Checkpoint } from "../../../src/domain/ledger/Head.ts"
import { Signer } from "../../../src/ports/Signer.ts"
import { Vault } from "../../../src/ports/Vault.ts"
import { edit, fileOf, using } from "../../support/journalFile.ts"
import { codeOf, folder } from "../../support/ledger.ts"
import { ask, on, threeRuns, verify } from "../../support/record.ts"

const exportOf = (directory: string, verified = true) =>
  Exports.use((exports) => Stream.mkString(exports.lines(verified))).pipe(Effect.provide(on(directory)))

const checkpointOf = (directory: string) =>
  Exports.use((exports) => exports.checkpoint()).pipe(Effect.provide(on(directory)))

const toolsOf = (directory: string) =>
  Effect.gen(function* () {
    const { fingerprint, fingerprinting } = yield* Vault
    const { verifies } = yield* Signer
    return { hash: fingerprint, fingerprinting, verifies } satisfies Tools
  }).pipe(Effect.provide(on(directory)))

const bytesOf = (text: string) => new TextEncoder().encode(text)
const by = (checkpoint: Checkpoint, publicKey: Against["publicKey"] = null): Against => ({
  checkpoint,
  publicKey
})

describe("export", () => {
  it.effect("is verified elsewhere, however its bytes are cut, and says what the journal says", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      const [text, checkpoint] = [yield* exportOf(directory), yield* checkpointOf(directory)]
      const elsewhere = yield* folder
      for (const size of [1, 7, 1000, text.length]) {
        const bytes = bytesOf(text)
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.subarray(n * size, (n + 1) * size)
        )
        const said = yield* Verifier.use((verifier) =>
          verifier.exported(Stream.fromIterable(pieces), by(checkpoint))
        ).pipe(Effect.provide(on(elsewhere)))
        const { broken, position, root, key } = said
        assert.deepStrictEqual(
          { broken, position, root, key },
          { broken: null, position: 22, root: checkpoint.root, key: checkpoint.key }
        )
        yield* Schema.encodeEffect(Verification)(said)
      }
      assert.strictEqual((yield* verify(directory)).root, checkpoint.root)
      assert.isFalse(text.includes("answer") || text.includes("question"))
    })
  )

  it.effect("of nothing holds too", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const text = yield* exportOf(directory)
      assert.lengthOf(text.split("\n"), 3)
      assert.isNull(checkExport(yield* toolsOf(directory), bytesOf(text), by(yield* checkpointOf(directory))))
    })
  )

  it.effect("with a byte changed, dropped or put in, or a line moved, is found out", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      const [bytes, tools] = [bytesOf(yield* exportOf(directory)), yield* toolsOf(directory)]
      assert.isNull(checkExport(tools, bytes))
      const anywhere = fc.nat(bytes.length - 1)
      const found = (changed: Uint8Array) => assert.isNotNull(checkExport(tools, changed))
      fc.assert(
        fc.property(anywhere, fc.integer({ min: 1, max: 255 }), (place, other) => {
          const [before, after] = [bytes.subarray(0, place), bytes.subarray(place + 1)]
          found(Uint8Array.from([...before, bytes[place]! ^ other, ...after]))
          found(Uint8Array.from([...before, ...after]))
          found(Uint8Array.from([...before, other, bytes[place]!, ...after]))
          found(bytes.subarray(0, place))
        }),
        { numRuns: 150 }
      )
      const lines = new TextDecoder().decode(bytes).split("\n")
      for (let line = 0; line < lines.length - 1; line++) {
        const text = lines[line] ?? ""
        found(bytesOf(lines.toSpliced(line, 1).join("\n")))
        found(bytesOf(lines.toSpliced(line, 0, text).join("\n")))
        found(bytesOf(lines.toSpliced(line, 2, lines[line + 1] ?? "", text).join("\n")))
        found(bytesOf(lines.with(line, `${text}\r`).join("\n")))
      }
      found(bytesOf(`\uFEFF${lines.join("\n")}`))
      found(bytesOf(`${lines.join("\n")}\n`))
      found(new Uint8Array())
    })
  )

  it.effect("spliced from two, or signed by another, is found out", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* threeRuns, yield* threeRuns]
      const tools = yield* toolsOf(one.directory)
      const [mine, theirs] = [yield* exportOf(one.directory), yield* exportOf(other.directory)]
      const [ours, strange] = [mine.split("\n"), theirs.split("\n")]
      const checkpoint = yield* checkpointOf(one.directory)
      const fault = (lines: ReadonlyArray<string>, against = itself) =>
        checkExport(tools, bytesOf(lines.join("\n")), against)?.fault
      assert.strictEqual(fault([...ours.slice(0, 9), ...strange.slice(9)]), "config_unknown")
      assert.strictEqual(fault([...ours.slice(0, -2), ...strange.slice(-2)]), "footer")
      assert.strictEqual(fault(strange, by(checkpoint)), "checkpoint")
      assert.strictEqual(fault(strange, { checkpoint: null, publicKey: checkpoint.key }), "key")
      assert.isUndefined(fault(ours, by(checkpoint, checkpoint.key)))
    })
  )

  it.effect("is of one position, whatever is written meanwhile", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      const tools = yield* toolsOf(directory)
      const [, texts] = yield* Effect.all(
        [
          Effect.forEach(Array.from({ length: 6 }), () => ask(directory)),
          Effect.forEach(Array.from({ length: 6 }), () => exportOf(directory))
        ],
        { concurrency: "unbounded" }
      )
      for (const text of texts) assert.isNull(checkExport(tools, bytesOf(text)))
    })
  )

  it.effect("of a journal that does not verify is refused, unless that is asked for", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      yield* edit(directory, "UPDATE rows SET at = at + 1 WHERE position = 12")
      assert.strictEqual(yield* codeOf(exportOf(directory)), "LEDGER_BROKEN")
      assert.strictEqual(yield* codeOf(checkpointOf(directory)), "LEDGER_BROKEN")
      const found = checkExport(yield* toolsOf(directory), bytesOf(yield* exportOf(directory, false)))
      assert.deepStrictEqual([found?.position, found?.fault], [12, "altered"])
    })
  )
})

/** Puts a copy in the journal's place, as after a restore. */
const restore = (directory: string, copy: string) =>
  Effect.sync(() => {
    for (const name of ["-wal", "-shm"]) rmSync(`${fileOf(directory)}${name}`, { force: true })
    copyFileSync(copy, fileOf(directory))
  })

const backup = (directory: string) => {
  const copy = join(directory, "copy.sqlite")
  return Effect.as(
    using(directory, (journal) => journal.backup(copy)),
    copy
  )
}

describe("checkpoint", () => {
  it.effect("is met for as long as rows are only added", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const kept = [yield* checkpointOf(directory)]
      for (let run = 0; run < 3; run++) {
        yield* ask(directory)
        kept.push(yield* checkpointOf(directory))
      }
      assert.deepStrictEqual(
        kept.map(({ position, streams }) => [position, streams]),
        [
          [0, 0],
          [8, 2],
          [15, 3],
          [22, 4]
        ]
      )
      for (const checkpoint of kept) {
        const {
          broken,
          checkpoint: met,
          vouched
        } = yield* verify(directory, false, by(checkpoint, kept[0]?.key))
        assert.deepStrictEqual([broken, met, vouched], [null, checkpoint.position, true])
      }
    })
  )

  it.effect("shows that the newest rows were taken away with everything that speaks of them", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* ask(directory)
      const db = new DatabaseSync(fileOf(directory))
      const before = db.prepare("SELECT calls, tokens FROM spending").get()
      db.close()
      yield* ask(directory)
      const checkpoint = yield* checkpointOf(directory)
      yield* edit(
        directory,
        `DELETE FROM rows WHERE stream = 9; DELETE FROM streams WHERE first = 9;
         DELETE FROM sealed WHERE stream = 9; DELETE FROM keys WHERE stream = 9;
         UPDATE spending SET calls = ${before?.["calls"]}, tokens = ${before?.["tokens"]}`
      )
      assert.isNull((yield* verify(directory, true)).broken, "by itself it is sound")
      const { broken } = yield* verify(directory, false, by(checkpoint))
      assert.deepStrictEqual([broken?.position, broken?.fault], [9, "truncated"])
      const text = yield* exportOf(directory)
      assert.strictEqual(
        checkExport(yield* toolsOf(directory), bytesOf(text), by(checkpoint))?.fault,
        "truncated"
      )
    })
  )

  it.effect("shows a journal that was made anew under the same keys", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      const checkpoint = yield* checkpointOf(directory)
      const anew = yield* folder
      for (const key of ["master.key", "signing.key"]) copyFileSync(join(directory, key), join(anew, key))
      for (let run = 0; run < 3; run++) yield* ask(anew)
      assert.isNull((yield* verify(anew, true)).broken)
      const { broken } = yield* verify(anew, false, by(checkpoint))
      assert.deepStrictEqual([broken?.position, broken?.fault], [22, "checkpoint"])
    })
  )

  it.effect("shows a journal that went on differently after an older copy was put back", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* ask(directory)
      const copy = yield* backup(directory)
      const early = yield* checkpointOf(directory)
      yield* ask(directory)
      const late = yield* checkpointOf(directory)
      yield* restore(directory, copy)
      assert.strictEqual((yield* verify(directory, false, by(late))).broken?.fault, "truncated")
      yield* ask(directory)
      yield* ask(directory)
      assert.isNull(
        (yield* verify(directory, true, by(early))).broken,
        "what was before the copy is the same"
      )
      const { broken } = yield* verify(directory, false, by(late))
      assert.deepStrictEqual([broken?.position, broken?.fault], [15, "checkpoint"])
    })
  )

  it.effect("that was altered, or signed by another, vouches for nothing", () =>
    Effect.gen(function* () {
      const [{ directory }, other] = [yield* threeRuns, yield* folder]
      const checkpoint = yield* checkpointOf(directory)
      const stranger = yield* checkpointOf(other)
      const fault = (against: Against) =>
        Effect.map(verify(directory, false, against), ({ broken }) => broken?.fault)
      const altered: ReadonlyArray<Checkpoint> = [
        { ...checkpoint, position: 15 },
        { ...checkpoint, streams: 3 },
        { ...checkpoint, root: stranger.root },
        { ...checkpoint, key: stranger.key },
        { ...checkpoint, signature: stranger.signature }
      ]
      for (const one of altered) assert.strictEqual(yield* fault(by(one)), "signature")
      assert.strictEqual(yield* fault(by(checkpoint, stranger.key)), "key")
      assert.isUndefined(yield* fault(by(checkpoint, checkpoint.key)))
    })
  )
})
