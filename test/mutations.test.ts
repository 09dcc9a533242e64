/** Holds both verifiers to finding whatever somebody does to an export, with the signing key and without it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkExport } from "../src/core/ledger/ExportCheck.ts"
import { Decision } from "../src/domain/ledger/Decision.ts"
import { chronicles, together } from "./support/chronicles.ts"
import { type Hand, hand, rowsOf } from "./support/exports.ts"
import { quota, SEED } from "./support/campaign.ts"
import { lies } from "./support/falsehoods.ts"
import { sessionLies } from "./support/sessionFalsehoods.ts"
import { clientLies } from "./support/clientFalsehoods.ts"
import { runbookLies } from "./support/runbookFalsehoods.ts"
import { workLies } from "./support/workFalsehoods.ts"
import { type Dice, dice, type Mutant, mutations, type Victim } from "./support/mutations.ts"
import { program, verifyExport } from "./support/verifier.ts"

const MUTATIONS = quota(1_000, 100_000)
const PROCESSES = 36
const allLies = [...lies, ...sessionLies, ...workLies, ...runbookLies, ...clientLies]
const CHANGES = 1500

const truthful = hand("11".repeat(32))
const attacking = hand("22".repeat(32))

/** Exports of three records each, so that every kind of life is in some, and each in the company of short ones. */
const victims = Effect.gen(function* () {
  const { exportOf } = yield* truthful
  const records = [...(yield* chronicles).values()]
  const short = records.filter(({ length }) => length < 16)
  const entries = records.map((record, at) =>
    together([record, short[(at * 7) % short.length] ?? [], short[(at * 13 + 5) % short.length] ?? []])
  )
  const texts = yield* Effect.forEach(entries, (each) => exportOf(rowsOf(each)))
  return entries.map((each, at): Victim => ({
    entries: each,
    text: texts[at] ?? "",
    other: texts.at(at - 1) ?? ""
  }))
})

const bytesOf = Effect.fnUntraced(function* (mutant: Mutant, truth: Hand, attacker: Hand) {
  if (mutant._tag === "Bytes") return mutant.bytes
  const text = yield* attacker.exportOf(mutant.rows)
  return Buffer.from(mutant.pretends ? text.replace(attacker.key, truth.key) : text)
})

/** A mutant that is not the victim itself, and how it came about. */
const mutate = Effect.fnUntraced(function* (
  all: ReadonlyArray<Victim>,
  rolled: Dice,
  truth: Hand,
  attacker: Hand
) {
  for (;;) {
    const victim = rolled.one(all)
    const name = rolled.one(Object.keys(mutations))
    const mutant = mutations[name]?.(victim, rolled)
    if (!mutant) continue
    const bytes = yield* bytesOf(mutant, truth, attacker)
    if (!Buffer.from(victim.text).equals(bytes)) return { name, bytes }
  }
})

/** For the many, on a busy machine. */
const PATIENCE = 600_000

describe("mutations of an export", { timeout: PATIENCE }, () => {
  it.effect("none made: both find nothing", () =>
    Effect.gen(function* () {
      const { key, tools, exportOf } = yield* truthful
      const everything = together([...(yield* chronicles).values()])
      const texts = [...(yield* victims).map(({ text }) => text), yield* exportOf(rowsOf(everything))]
      for (const text of texts) {
        const bytes = Buffer.from(text)
        const found = verifyExport([bytes], { key })
        assert.deepInclude(found, { ok: true, vouched: true })
        assert.isNull(checkExport(tools, bytes, { checkpoint: null, publicKey: key }))
      }
    })
  )

  it.effect(`${MUTATIONS} of seed ${SEED}: both find every one`, () =>
    Effect.gen(function* () {
      const all = yield* victims
      const [truth, attacker] = [yield* truthful, yield* attacking]
      const rolled = dice(SEED)
      const undetected: Array<string> = []
      const counts = new Map<string, number>()
      for (let number = 0; number < MUTATIONS; number++) {
        const { name, bytes } = yield* mutate(all, rolled, truth, attacker)
        counts.set(name, (counts.get(name) ?? 0) + 1)
        const theirs = verifyExport([bytes], { key: truth.key })
        const ours = checkExport(truth.tools, bytes, { checkpoint: null, publicKey: truth.key })
        if (theirs.ok) undetected.push(`script, ${number}: ${name}`)
        else if (!/^[a-z_]+$/.test(theirs.falsehood)) undetected.push(`wording, ${number}: ${name}`)
        if (ours === null) undetected.push(`core, ${number}: ${name}`)
      }
      assert.deepStrictEqual(undetected, [])
      assert.strictEqual(counts.size, Object.keys(mutations).length)
    })
  )

  it.effect(`${PROCESSES} of them, each in a process of its own`, () =>
    Effect.gen(function* () {
      const all = yield* victims
      const [truth, attacker] = [yield* truthful, yield* attacking]
      const rolled = dice(SEED + 1)
      const folder = mkdtempSync(join(tmpdir(), "io3-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      const file = join(folder, "export.ndjson")
      for (let number = 0; number < PROCESSES; number++) {
        const { name, bytes } = yield* mutate(all, rolled, truth, attacker)
        writeFileSync(file, bytes)
        const { exit, out, err } = yield* Effect.promise(() => verify(file, "--public-key", truth.key))
        assert.match(
          out,
          /^(position \d+ (config|memory\/[0-9a-f]{64}|(run|session|runbook)\/[0-9a-f-]{36}) seq \d+: )?[a-z_]+\n$/,
          name
        )
        assert.strictEqual(exit, 1, name)
        assert.match(err, /^[A-Z][^\n]+\.\n$/, name)
      }
    })
  )
})

describe("what somebody with the signing key writes", { timeout: PATIENCE }, () => {
  it.effect(`${CHANGES} changes at random, of seed ${SEED}: both say the same of each, false or not`, () =>
    Effect.gen(function* () {
      const records = [...(yield* chronicles).values()]
      const { key, tools, exportOf } = yield* truthful
      const rolled = dice(SEED)
      const changes = ["edit and link anew", "drop rows and link anew"].flatMap(
        (name) => mutations[name] ?? []
      )
      const apart: Array<unknown> = []
      let believed = 0
      for (let number = 0; number < CHANGES; number++) {
        const entries = rolled.one(records)
        const mutant = rolled.one(changes)({ entries, text: "", other: "" }, rolled)
        if (mutant._tag === "Bytes") return assert.fail("it is to be signed")
        const bytes = Buffer.from(yield* exportOf(mutant.rows))
        const theirs = verifyExport([bytes], { key })
        const ours = checkExport(tools, bytes, { checkpoint: null, publicKey: key })
        const isSame = theirs.ok
          ? ours === null
          : theirs.falsehood === ours?.fault &&
            (theirs.position === null || theirs.position === ours.position)
        if (!isSame) apart.push({ number, theirs, ours })
        if (theirs.ok) believed++
      }
      assert.deepStrictEqual(apart, [])
      // Much is only testimony, and much is not.
      assert.isAbove(believed, CHANGES / 10)
      assert.isBelow(believed, CHANGES * 0.9)
    })
  )

  it.effect("unpaired: both name it where the record ends before the session has said its part", () =>
    Effect.gen(function* () {
      const known = yield* chronicles
      const { key, tools, exportOf } = yield* truthful
      for (const kind of ["TurnStarted", "GateEvaluated", "Released"]) {
        const entries = known.get("session: held, looked at and approved") ?? assert.fail()
        const until = entries.slice(0, entries.findIndex(({ event }) => event._tag === kind) + 1)
        const bytes = Buffer.from(yield* exportOf(rowsOf(until)))
        assert.deepInclude(verifyExport([bytes], { key }), { ok: false, falsehood: "unpaired" })
        const ours = checkExport(tools, bytes, { checkpoint: null, publicKey: key })
        assert.strictEqual(ours?.fault, "unpaired")
      }
    })
  )

  const decisions = [
    "unknown_event",
    "wrong_stream",
    "config_misnamed",
    "config_unknown",
    "unpaired",
    ...Decision.literals
  ]
  for (const decision of decisions) {
    it.effect(`${decision}: both name it, at the same row`, () =>
      Effect.gen(function* () {
        const known = yield* chronicles
        const { key, tools, exportOf } = yield* truthful
        const told = allLies.filter(({ falsehood }) => falsehood === decision)
        assert.isNotEmpty(told)
        const missed: Array<unknown> = []
        for (const { falsehood, life, shows, what, change } of told) {
          const entries = known.get(life) ?? assert.fail(life)
          const rows = rowsOf(change(entries))
          assert.notDeepEqual(rows, rowsOf(entries), what)
          const bytes = Buffer.from(yield* exportOf(rows))
          const theirs = verifyExport([bytes], { key })
          const ours = checkExport(tools, bytes, { checkpoint: null, publicKey: key })
          const payload = rows[(ours?.position ?? 0) - 1]?.payload
          const isNamed =
            !theirs.ok &&
            theirs.falsehood === falsehood &&
            ours?.fault === falsehood &&
            theirs.position === ours.position &&
            theirs.stream === ours.stream &&
            theirs.seq === ours.seq &&
            (shows === "*" || payload?.startsWith(`{"_tag":"${shows}"`))
          if (!isNamed) missed.push({ life, shows, what, theirs, ours })
        }
        assert.deepStrictEqual(missed, [])
      })
    )
  }
})

const verify = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly exit: number; readonly out: string; readonly err: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...args], (_, out, err) =>
      resolve({ exit: child.exitCode ?? -1, out, err })
    )
  })
