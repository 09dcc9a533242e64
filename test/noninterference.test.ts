/** Runs everything twice with other words of the same lengths: but for ids, times and keyed digests, nobody could tell. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Ref, Stream } from "effect"
import { Projections } from "../src/core/ledger/Projections.ts"
import { Runs } from "../src/core/run/Runs.ts"
import { Content } from "../src/domain/Content.ts"
import { decode } from "../src/domain/ledger/Ledger.ts"
import type { Settings } from "../src/domain/config/Settings.ts"
import { Journal } from "../src/ports/Journal.ts"
import { type Reply, TestRuntime } from "../src/testing.ts"
import { masked } from "./support/masked.ts"
import { pairs, same as sameWords } from "./support/equalWords.ts"
import { scene, type Script } from "./support/runs.ts"

/** The words of one run, by where they come from. */
const places = ["prompt", "file", "persona", "profile", "thought", "first", "second", "remark"] as const
type Words = Readonly<Record<(typeof places)[number], string>>
const both = pairs(places)

interface Path {
  readonly name: string
  readonly ending: string
  readonly script: (words: Words) => Script
  readonly audit?: boolean
  readonly file?: boolean
  /** `cut`: whoever listens goes away after a piece. `cancelled`: whoever asked, while a model is silent. */
  readonly how?: "run" | "streamed" | "cut" | "cancelled"
  readonly settings?: (settings: Settings["runtime"]) => Partial<Settings["runtime"]>
}

const says = ({ first, second, thought }: Words): Reply => ({ say: [first, second], think: thought })
const judged = (decision: string, { remark }: Words): Reply => {
  // Of these words each takes as many bytes in JSON as it has.
  const text = remark.replaceAll(/["\\\n\t]/gu, "_")
  return {
    say: JSON.stringify({ decision, issues: [], high_risk_claims: [text], suggested_fixes: [text] })
  }
}
const unreachable: Reply = { fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }

const audited = (name: string, ending: string, judge: (words: Words) => Reply): Path => ({
  name,
  ending,
  audit: true,
  script: (words) => ({ drafter: [says(words), says(words)], judge: [judge(words)] })
})

const paths: ReadonlyArray<Path> = [
  { name: "an answer", ending: "Released", script: (words) => ({ drafter: [says(words)] }) },
  { name: "a stream", ending: "Released", how: "streamed", script: (words) => ({ drafter: [says(words)] }) },
  {
    name: "an attached text",
    ending: "Released",
    file: true,
    script: (words) => ({ drafter: [says(words)] })
  },
  {
    name: "an attached text that is cut",
    ending: "Released",
    file: true,
    script: (words) => ({ drafter: [says(words)] }),
    settings: () => ({ file_content_limit_chars: 12 })
  },
  audited("a pass", "Released", (words) => judged("pass", words)),
  audited("a revision", "Released", (words) => judged("needs_work", words)),
  audited("a rejection", "RunRefused", (words) => judged("reject", words)),
  audited("an abstention", "RunRefused", (words) => judged("abstain", words)),
  audited("an opinion that is no verdict", "RunRefused", ({ remark }) => ({ say: remark })),
  audited("a verdict that is cut short", "RunRefused", (words) => ({
    ...judged("pass", words),
    finish: "length"
  })),
  audited("an auditor that fails", "RunRefused", ({ remark }) => ({
    fail: "PROVIDER_TIMEOUT",
    after: [remark]
  })),
  {
    ...audited("an answer without a verdict", "Released", ({ remark }) => ({ say: remark })),
    settings: ({ audit }) => ({ audit: { ...audit, on_unavailable: "release" } })
  },
  {
    name: "a fallback",
    ending: "Released",
    script: (words) => ({ drafter: [unreachable], reserve: [says(words)] })
  },
  {
    name: "a failure",
    ending: "RunFailed",
    script: () => ({ drafter: [{ fail: "PROVIDER_REJECTED" }] })
  },
  {
    name: "a failure after some words",
    ending: "RunFailed",
    how: "streamed",
    script: ({ first }) => ({ drafter: [{ fail: "PROVIDER_OUTCOME_UNKNOWN", after: [first] }] })
  },
  {
    name: "a listener who leaves",
    ending: "RunCancelled",
    how: "cut",
    script: (words) => ({ drafter: [says(words)] })
  },
  {
    name: "a cancellation",
    ending: "RunCancelled",
    how: "cancelled",
    script: ({ first }) => ({ drafter: [{ hang: true, after: [first] }] })
  },
  {
    name: "a context that is too large",
    ending: "RunRefused",
    script: () => ({}),
    settings: () => ({ context_limit_chars: 10 })
  },
  {
    name: "a budget that is spent",
    ending: "RunRefused",
    script: () => ({}),
    settings: () => ({ budgets: { window_hours: 1, calls: 1 } })
  }
]

const settingsOf = ({ settings }: Path, { persona, profile }: Words): Settings => {
  const base = TestRuntime.settings
  return {
    ...base,
    runtime: { ...base.runtime, ...settings?.(base.runtime) },
    persona: { ...base.persona, identity: { ...base.persona.identity, name: Content.of(persona) } },
    profile: { ...base.profile, notes: Content.of(profile) }
  }
}

/** What is left of a run when its words are gone: its rows, its projections, and what the caller was told. */
const trace = (path: Path, words: Words) => {
  const { layer, drafter } = scene({ ...path.script(words), settings: settingsOf(path, words) })
  return Effect.gen(function* () {
    const runs = yield* Runs
    const file = path.file ? Content.of(words.file) : null
    const request = Runs.request("executor", words.prompt, { audit: path.audit ?? false, file })
    const pieces = yield* Ref.make<ReadonlyArray<number>>([])
    const frames = runs
      .stream(request)
      .pipe(
        Stream.tap((frame) =>
          frame._tag === "Chunk"
            ? Ref.update(pieces, (all) => [...all, frame.chunk.text.length])
            : Effect.void
        )
      )
    const cancelled = Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(runs.run(request))
      yield* Effect.repeat(Effect.yieldNow, { until: () => Effect.runSync(drafter.asked).length > 0 })
      yield* Fiber.interrupt(fiber)
    })
    const exit = yield* Effect.exit(
      {
        run: Effect.asVoid(runs.run(request)),
        streamed: Stream.runDrain(frames),
        cut: Stream.runDrain(Stream.take(frames, 2)),
        cancelled
      }[path.how ?? "run"]
    )
    const rows = yield* (yield* Journal).scan(0, 1_000)
    const events = rows.flatMap(({ payload }) => Option.toArray(decode(payload)))
    const accepted = events.find((event) => event._tag === "RunAccepted")
    const projection = accepted ? yield* (yield* Projections).of(accepted.run) : null
    return {
      digests: rows.flatMap(({ payload }) => payload.match(/[0-9a-f]{64}/gu) ?? []),
      ending: events.at(-1)?._tag,
      rows: rows.map(({ stream, seq, position, at, payload }) =>
        masked([stream, seq, position, at, payload])
      ),
      projection: masked(projection),
      told: masked(
        Exit.isFailure(exit) ? (Option.getOrNull(Cause.findErrorOption(exit.cause)) ?? "interrupted") : null
      ),
      pieces: yield* Ref.get(pieces)
    }
  }).pipe(Effect.provide(layer))
}

describe("two runs with other words of the same lengths", () => {
  for (const path of paths) {
    it.effect.prop(
      `leave the same: ${path.name}`,
      [both],
      ([[one, other]]) =>
        Effect.gen(function* () {
          const { digests: _one, ...left } = yield* trace(path, one)
          const { digests: _other, ...same } = yield* trace(path, other)
          assert.strictEqual(left.ending, path.ending)
          assert.deepStrictEqual(left, same)
        }),
      { arbitrary: { runs: 25 } }
    )
  }

  it.effect("have no digest in common, though their words be the same: none can be guessed at", () =>
    Effect.forEach(paths, (path) =>
      Effect.gen(function* () {
        const words = sameWords(places)
        const { digests: one } = yield* trace(path, words)
        const { digests: other } = yield* trace(path, words)
        assert.isAbove(one.length, 4, path.name)
        assert.deepStrictEqual(
          one.filter((digest) => other.includes(digest)),
          [],
          path.name
        )
      })
    )
  )

  it.effect("do not, when their lengths differ: it is the words that are not seen, not the runs", () =>
    Effect.gen(function* () {
      const words = sameWords(places)
      for (const place of ["prompt", "first", "persona"] as const) {
        const path = paths[0] ?? assert.fail("there is a path")
        const longer = yield* trace(path, { ...words, [place]: `${words[place]}!` })
        assert.notDeepEqual(yield* trace(path, words), longer, place)
      }
    })
  )
})
