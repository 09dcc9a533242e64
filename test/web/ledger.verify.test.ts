/** Holds the browser's check of an export to the verifier's own word: the same law, with other hashes and signatures. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { beginCheck, type Verdict } from "../../src/web/ledger/verify/checking.ts"
import { chronicles, together } from "../support/chronicles.ts"
import { entriesOf, hand, rowsOf } from "../support/exports.ts"
import { dice, mutations, type Victim } from "../support/mutations.ts"
import { type Found, SENTENCES, verifyExport } from "../support/verifier.ts"

const SEED = 8
const MUTATIONS = 120
const KEY = "11".repeat(32)

const check = (
  bytes: Uint8Array,
  trust: Parameters<typeof beginCheck>[0] = {},
  piece = bytes.length
): Effect.Effect<Verdict> =>
  Effect.promise(() => {
    const checking = beginCheck(trust)
    for (let at = 0; at < bytes.length; at += Math.max(1, piece)) {
      if (!checking.take(bytes.subarray(at, at + piece))) break
    }
    return checking.end()
  })

/** What both say: whatever a browser says besides is left out. */
const plain = (verdict: Verdict): Found => {
  const { signatures: _, ...found } = verdict
  if (found.ok) return found
  const { sentence, ...rest } = found
  assert.strictEqual(sentence, SENTENCES[rest.falsehood])
  return rest
}

const scene = Effect.gen(function* () {
  const truth = yield* hand(KEY)
  const lives = [...(yield* chronicles).values()]
  const rows = rowsOf(together(lives.slice(0, 8)))
  const text = yield* truth.exportOf(rows)
  const other = yield* truth.exportOf(rowsOf(together(lives.slice(12, 14))))
  const victim: Victim = { text, entries: entriesOf(rows), other }
  return { truth, rows, text, victim, whole: yield* truth.exportOf(rowsOf(together(lives))) }
})

describe("an export, checked as in a browser", () => {
  it.effect("holds, however its bytes are cut", () =>
    Effect.gen(function* () {
      const { truth, whole, text } = yield* scene
      const found = yield* check(Buffer.from(whole), { key: truth.key }, 65_536)
      assert.strictEqual(found.signatures, "good")
      assert.deepStrictEqual(plain(found), verifyExport([Buffer.from(whole)], { key: truth.key }))
      const expected = verifyExport([Buffer.from(text)])
      for (const piece of [61, 1024, text.length]) {
        assert.deepStrictEqual(plain(yield* check(Buffer.from(text), {}, piece)), expected)
      }
    })
  )

  it.effect(`${MUTATIONS} mutations of seed ${SEED}: it says of each what the verifier says`, () =>
    Effect.gen(function* () {
      const { truth, victim } = yield* scene
      const attacker = yield* hand("22".repeat(32))
      const rolled = dice(SEED)
      for (let number = 0; number < MUTATIONS; number++) {
        const name = rolled.one(Object.keys(mutations))
        const mutant = mutations[name]!(victim, rolled)
        const bytes =
          mutant._tag === "Bytes"
            ? mutant.bytes
            : Buffer.from(
                (yield* attacker.exportOf(mutant.rows)).replace(
                  `"key":"${attacker.key}"`,
                  `"key":"${mutant.pretends ? truth.key : attacker.key}"`
                )
              )
        const found = yield* check(bytes, { key: truth.key })
        assert.deepStrictEqual(plain(found), verifyExport([bytes], { key: truth.key }), `${number}: ${name}`)
      }
    })
  )

  it.effect("is held against a checkpoint that was kept elsewhere", () =>
    Effect.gen(function* () {
      const { truth, rows, text } = yield* scene
      const bytes = Buffer.from(text)
      const heads = (count: number) => truth.exportOf(rows.slice(0, count))
      const footer = JSON.parse((yield* heads(20)).trimEnd().split("\n").at(-1)!) as Record<string, unknown>
      const head = { at: 1, position: 20, root: footer["root"], streams: footer["streams"] }
      const checkpoint = (more: object) => truth.sign({ format: "io3/checkpoint/v1", ...head, ...more })
      for (const [more, expected] of [
        [{}, { ok: true, vouched: true, checkpoint: 20 }],
        [{ root: "0".repeat(64) }, { ok: false, falsehood: "checkpoint" }],
        [{ position: 1_000_000 }, { ok: false, falsehood: "truncated" }]
      ] as const) {
        const kept = yield* checkpoint(more)
        const found = yield* check(bytes, { checkpoint: kept })
        assert.deepInclude(found, expected)
        assert.deepStrictEqual(plain(found), verifyExport([bytes], { checkpoint: kept }))
      }
      const forged = (yield* checkpoint({})).replace(/"signature":"../u, '"signature":"00')
      assert.deepInclude(yield* check(bytes, { checkpoint: forged }), { ok: false, falsehood: "signature" })
    })
  )
})
