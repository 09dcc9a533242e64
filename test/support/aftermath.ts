/** Owns what processes told before they died, and what must hold of the folder they worked in. */
import { assert } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { Budgets } from "../../src/core/run/Budgets.ts"
import { History } from "../../src/core/ledger/History.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { ContentId, RUN_PREFIX, StreamId } from "../../src/domain/Ids.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { scene, type Told } from "./coreScene.ts"
import { fileOf } from "./journalFile.ts"

const Line = Schema.fromJsonString(Schema.Unknown)
const isTold = (line: unknown): line is Told => typeof line === "object" && line !== null && "_tag" in line

export class Aftermath {
  readonly #directory: string
  readonly #streamsAtOnce: number
  /** The rows that were acknowledged, by stream. */
  readonly #rows = new Map<string, Array<string>>()
  readonly #calls = new Set<string>()
  readonly #answers = new Map<string, string>()
  readonly #erasing = new Set<string>()
  readonly #erased = new Set<string>()

  /** A turn's commit is to its session's stream too, and to that of the turn before when this was redirected. */
  constructor(directory: string, streamsAtOnce = 1) {
    this.#directory = directory
    this.#streamsAtOnce = streamsAtOnce
  }

  get answers(): number {
    return this.#answers.size
  }

  /** Takes in what one process told. No call is made before its intent is durable, and none is made twice. */
  hear(lines: ReadonlyArray<string>): void {
    let last: Told | null = null
    for (const line of lines) {
      const told = Schema.decodeUnknownSync(Line)(line)
      if (!isTold(told)) continue
      switch (told._tag) {
        case "committed": {
          const rows = this.#rows.get(told.stream) ?? []
          this.#rows.set(told.stream, rows)
          const before = told.seq - told.payloads.length
          // What the process before had not lived to acknowledge may be there.
          assert.isAtLeast(before, rows.length, "a sequence was acknowledged twice")
          told.payloads.forEach((payload, index) => (rows[before + index] = payload))
          break
        }
        case "called": {
          assert.ok(last?._tag === "committed", "a call without a commit before it")
          const intended = Option.getOrThrow(decode(last.payloads.at(-1) ?? ""))
          assert.deepInclude(intended, {
            _tag: "CallIntended",
            purpose: told.purpose,
            attempt: told.attempt
          })
          const call = `${last.stream} ${told.purpose} ${told.attempt}`
          assert.isFalse(this.#calls.has(call), `called twice: ${call}`)
          this.#calls.add(call)
          break
        }
        case "answered":
          this.#answers.set(told.run, told.text)
          break
        case "erasing":
          this.#erasing.add(told.run)
          break
        case "erased":
          this.#erased.add(told.run)
      }
      last = told
    }
  }

  /** Holds the folder to what was told: nothing lost, nothing that was not said, every link and counter right. */
  readonly examine: Effect.Effect<void> = Effect.suspend(() => {
    const file = fileOf(this.#directory)
    if (!existsSync(file)) {
      assert.strictEqual(this.#rows.size, 0, "what was acknowledged is gone")
      return Effect.void
    }
    const database = new DatabaseSync(file)
    const checked = database.prepare("PRAGMA integrity_check").get()
    database.close()
    assert.deepStrictEqual({ ...checked }, { integrity_check: "ok" })
    return this.#compare.pipe(Effect.provide(scene({ directory: this.#directory })), Effect.orDie)
  })

  readonly #compare = Effect.gen({ self: this }, function* () {
    const journal = yield* Journal
    const { broken } = yield* (yield* Verifier).journal(true)
    assert.isNull(broken)
    assert.deepStrictEqual(yield* (yield* Budgets).recount, [])

    const streams = yield* journal.streams({ prefix: "", openOnly: false, before: null, limit: 1e6 })
    const names = new Set<string>(streams.map(({ stream }) => stream))
    for (const name of this.#rows.keys()) assert.isTrue(names.has(name), `${name} is gone`)
    let unacknowledged = 0
    for (const { stream } of streams) {
      const known = this.#rows.get(stream) ?? []
      const rows = (yield* journal.read(stream)).map(({ payload }) => payload)
      known.forEach((payload, index) => assert.strictEqual(rows[index], payload, `${stream} ${index + 1}`))
      if (rows.length > known.length) unacknowledged++
      this.#rows.set(stream, rows)
    }
    assert.isAtMost(unacknowledged, this.#streamsAtOnce, "one process has one commit under way")

    const history = yield* History
    for (const [run, text] of this.#answers) {
      if (this.#erasing.has(run)) continue
      assert.strictEqual((yield* history.text(run)).released.text, text)
    }
    for (const run of this.#erased) {
      const stream = StreamId.make(RUN_PREFIX + run)
      assert.isTrue(Option.isNone(yield* journal.key(stream)))
      assert.isTrue(Option.isNone(yield* journal.sealed(stream, ContentId.make("prompt"))))
    }
  })
}
