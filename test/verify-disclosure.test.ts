/** Holds both verifiers to taking a disclosed receipt for the one text that was released, and for nothing else. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Option, Stream } from "effect"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Exports } from "../src/core/ledger/Exports.ts"
import { Receipts } from "../src/core/ledger/Receipts.ts"
import type { RunRequest } from "../src/core/run/Request.ts"
import { Runs } from "../src/core/run/Runs.ts"
import { Content } from "../src/domain/Content.ts"
import { type Disclosure, read, write } from "../src/domain/ledger/Disclosure.ts"
import { Journal } from "../src/ports/Journal.ts"
import { PublicKey, RUN_PREFIX } from "../src/domain/Ids.ts"
import type { Reply } from "../src/testing.ts"
import { dice, flipped } from "./support/mutations.ts"
import { scene, verdict } from "./support/runs.ts"
import { program, verifyDisclosure } from "./support/verifier.ts"

interface Life {
  readonly script: Parameters<typeof scene>[0]
  readonly request?: Partial<RunRequest>
  readonly left: string
  readonly content: string
}

const draft: Reply = { say: ["Eine Antwort", " – kurz."] }
const lives: Readonly<Record<string, Life>> = {
  plain: { script: { drafter: [draft] }, left: "Eine Antwort – kurz.", content: "draft.1" },
  fallback: {
    script: { drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "server_error" }], reserve: [draft] },
    left: "Eine Antwort – kurz.",
    content: "draft.2"
  },
  revised: {
    script: { drafter: [draft, { say: "better" }], judge: [verdict("needs_work")] },
    request: { audit: true },
    left: "better",
    content: "revision.1"
  },
  "failed after a piece": {
    script: { drafter: [{ fail: "PROVIDER_BAD_RESPONSE", after: ["half of it"] }] },
    left: "half of it",
    content: "draft.1"
  },
  "of a word": { script: { drafter: [{ say: "no" }] }, left: "no", content: "draft.1" }
}

/** Makes such a run beside another one, and discloses what it let out. */
const disclosed = ({ script, request }: Life) => {
  const replies = [...(script.drafter ?? []), { say: "of no matter" }]
  return Effect.gen(function* () {
    const runs = yield* Runs
    const receipts = yield* Receipts
    yield* Effect.exit(Stream.runDrain(runs.stream(Runs.request("executor", "question", request))))
    yield* Effect.exit(runs.run(Runs.request("executor", "another question")))
    const streams = yield* (yield* Journal).streams({
      prefix: RUN_PREFIX,
      openOnly: false,
      before: null,
      limit: 9
    })
    const run = streams.at(-1)?.stream.slice(RUN_PREFIX.length) ?? assert.fail("no run was recorded")
    const disclosure = yield* receipts.disclose(run)
    const { publicKey } = yield* Exports
    const key = yield* publicKey
    return { disclosure, key, check: receipts.check, file: `${write(disclosure)}\n` }
  }).pipe(Effect.provide(scene({ ...script, drafter: replies }).layer))
}
const script = (file: string, text: string, key: string) =>
  verifyDisclosure(Buffer.from(file), Buffer.from(text), { key })

const withoutPositions = (text: string) => text.replaceAll(/\\"position\\":[0-9]+/g, "")

describe("a disclosure", { timeout: 60_000 }, () => {
  for (const [name, life] of Object.entries(lives)) {
    it.effect(`${name}: it is that text, and no other`, () =>
      Effect.gen(function* () {
        const { disclosure, key, check, file } = yield* disclosed(life)
        assert.strictEqual(disclosure.content, life.content)
        for (const [text, isIt] of [
          [life.left, true],
          [`${life.left}\n`, true],
          [`${life.left}\n\n`, false],
          [` ${life.left}`, false],
          [life.left.slice(0, -1), false],
          [life.left.toUpperCase(), false],
          ["", false]
        ] as const) {
          const found = script(file, text, key)
          if (isIt) assert.deepInclude(found, { ok: true, kind: "disclosure", vouched: true })
          else assert.deepInclude(found, { ok: false, falsehood: "text" })
          const ours = yield* Effect.exit(check(disclosure, Content.of(text), key))
          assert.strictEqual(Exit.isSuccess(ours), isIt)
        }
      })
    )
  }

  it.effect("is checked by the program with the text in a file", () =>
    Effect.gen(function* () {
      const { key, file } = yield* disclosed(lives["plain"] ?? assert.fail("there is one"))
      const folder = mkdtempSync(join(tmpdir(), "io3-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      const [disclosure, text] = [join(folder, "disclosure.json"), join(folder, "text")]
      writeFileSync(disclosure, file)
      writeFileSync(text, "Eine Antwort – kurz.\n")
      const args = [program, disclosure, "--text", text, "--public-key", key]
      assert.match(
        execFileSync(process.execPath, args, { encoding: "utf8" }),
        /^disclosure: everything holds; stream run\//
      )
    })
  )

  it.effect("2000 flips of seed 7: both find every one", () =>
    Effect.gen(function* () {
      const life = lives["revised"] ?? assert.fail("there is one")
      const { key, check, file } = yield* disclosed(life)
      const rolled = dice(7)
      const isFound = (number: number) =>
        Effect.gen(function* () {
          const bytes = flipped(file, rolled)
          const text = Buffer.from(bytes).toString("latin1")
          // Which position a row has is not proven by one stream.
          if (withoutPositions(text) === withoutPositions(file)) return
          const found = verifyDisclosure(bytes, Buffer.from(life.left), { key })
          if (found.ok) assert.fail(`flip ${number} was not found`)
          const parsed = text.endsWith("\n") ? read(text.slice(0, -1)) : Option.none<Disclosure>()
          if (Option.isNone(parsed)) return
          const ours = yield* Effect.exit(check(parsed.value, Content.of(life.left), key))
          assert.isTrue(Exit.isFailure(ours), `flip ${number} was not found by the core`)
        })
      for (let number = 0; number < 2000; number++) yield* isFound(number)
    })
  )

  it.effect("says what is false about it", () =>
    Effect.gen(function* () {
      const { disclosure, key } = yield* disclosed(lives["plain"] ?? assert.fail("there is one"))
      const { checkpoint, rows } = disclosure
      const digest = "0".repeat(64)
      const say = (some: object, trusted = key) => {
        const found = script(`${write({ ...disclosure, ...some })}\n`, "Eine Antwort – kurz.", trusted)
        return found.ok || found.falsehood
      }
      assert.isTrue(say({}))
      assert.strictEqual(say({ opening: digest }), "text")
      assert.strictEqual(say({ content: "draft.2" }), "content")
      assert.strictEqual(say({ proof: [] }), "proof")
      assert.strictEqual(say({ rows: rows.slice(0, -1) }), "proof")
      assert.strictEqual(say({ rows: rows.slice(1) }), "gap")
      assert.strictEqual(say({ rows: [] }), "format")
      assert.strictEqual(say({ checkpoint: { ...checkpoint, root: digest } }), "signature")
      assert.strictEqual(say({ checkpoint: { ...checkpoint, position: 1 } }), "signature")
      assert.strictEqual(say({}, PublicKey.make(digest)), "key")
    })
  )
})
