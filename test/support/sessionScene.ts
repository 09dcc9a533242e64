/**
 * Owns sessions over a journal that outlives whoever works on it: models that do what a prompt says, processes that die
 * between two commits, and all that was sent.
 */
import { ConfigProvider, Effect, Layer, Option, Stream } from "effect"
import * as MemoryJournal from "../../src/adapters/journal/Memory.ts"
import * as RandomIdentity from "../../src/adapters/RandomIdentity.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import * as SigningKey from "../../src/adapters/vault/SigningKey.ts"
import { capabilities, core, keeping, proofs } from "../../src/App.ts"
import type { Start } from "../../src/core/session/Beginning.ts"
import type { TurnRequest } from "../../src/core/session/Sessions.ts"
import { Content, reveal } from "../../src/domain/Content.ts"
import { failure, type RuntimeFailure } from "../../src/domain/Failure.ts"
import { Mode, ModelName, OwnerId, Principal, ProviderName, type StreamId } from "../../src/domain/Ids.ts"
import type { Purpose } from "../../src/domain/run/Bounds.ts"
import { bytes } from "../../src/domain/run/Messages.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import type { SessionMode } from "../../src/domain/session/Turn.ts"
import type { Capabilities } from "../../src/ports/Capability.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { type Delta, type Provider, ProviderFailure, Providers } from "../../src/ports/Provider.ts"
import { TestRuntime } from "../../src/testing.ts"

export const principal = Principal.make("local")
export const persona = Mode.make("executor")

export const startOf = (mode: SessionMode, rest: Partial<Start> = {}): Start => ({
  mode,
  persona,
  audit: false,
  title: null,
  packs: null,
  principal,
  surface: "program",
  ...rest
})

export const turnOf = (prompt: string, audit = false) =>
  ({
    mode: null,
    prompt: Content.of(prompt),
    file: null,
    capability: null,
    packs: null,
    audit,
    principal,
    surface: "program",
    checks: { constellation: true, health: false }
  }) satisfies TurnRequest

/** The packaged settings of a test with other ones of the runtime. */
export const settingsWith = (runtime: Partial<Settings["runtime"]>): Settings => ({
  ...TestRuntime.settings,
  runtime: { ...TestRuntime.settings.runtime, ...runtime }
})

/** Every answer waits: what processes that share a folder have to agree on. */
export const waits = { steward_thresholds: { always: true }, session_max_turns: 1000 }

/** One call, as a model received it. */
export interface Sent {
  /** The number its prompt begins with. */
  readonly number: string
  readonly purpose: Purpose
  /** Everything between the instructions and the question, as role and text. */
  readonly history: ReadonlyArray<readonly [role: string, text: string]>
  readonly all: string
  /** What it costs: as it says, or as it was reserved where it does not get to say. */
  readonly tokens: number
}

/**
 * A prompt is a number and what is to come of it: `say` answers, `break` fails, `hang` never ends, and the name of a verdict
 * is the auditor's about the draft; `mumble` is none.
 */
export const draftOf = (prompt: string): string => `draft ${prompt}`
export const revisionOf = (prompt: string): string => `revision ${prompt}`

const lastOf = (text: string): string => [...text.matchAll(/draft (\d+ \w+)/gu)].at(-1)?.[1] ?? ""

const spoken = (purpose: Purpose, text: string): string => {
  const about = lastOf(text)
  switch (purpose) {
    case "draft":
      return draftOf(text)
    case "revision":
      return revisionOf(about)
    case "audit": {
      const [, decision] = about.split(" ")
      return decision === "mumble"
        ? "hm"
        : JSON.stringify({ decision, issues: [], high_risk_claims: [], suggested_fixes: [] })
    }
  }
}

export interface Models {
  readonly providers: ReadonlyArray<Provider>
  readonly sent: ReadonlyArray<Sent>
}

/** `hold` is waited for by each call before it answers. */
export const talking = (hold: Effect.Effect<void> = Effect.void): Models => {
  const sent: Array<Sent> = []
  const model = (name: string): Provider => ({
    name: ProviderName.make(name),
    local: true,
    canAudit: true,
    window: 8192,
    generate: ({ permit: { purpose, reservation } }, { messages }) => {
      const last = messages.at(-1)
      const text = last ? reveal(last.content) : ""
      const prompt = purpose === "draft" ? text : lastOf(text)
      const [number = "", kind] = prompt.split(" ")
      const silent = purpose === "draft" && (kind === "break" || kind === "hang")
      // Tokens of many bytes, but not so many that nobody would believe it.
      const inputTokens = Math.ceil(bytes(messages) / 8)
      const outputTokens = 2
      sent.push({
        number,
        purpose,
        history: messages.slice(1, -1).map(({ role, content }) => [role, reveal(content)]),
        all: messages.map(({ content }) => reveal(content)).join("\n"),
        tokens: silent ? reservation.inputTokens + reservation.outputTokens : inputTokens + outputTokens
      })
      if (silent) {
        return kind === "hang"
          ? Stream.never
          : Stream.fail(new ProviderFailure({ code: "PROVIDER_REJECTED", fallback: null }))
      }
      return Stream.fromIterable<Delta>([
        { _tag: "Text", content: Content.of(spoken(purpose, text)) },
        { _tag: "End", finish: "stop", inputTokens, outputTokens }
      ]).pipe(Stream.onStart(hold))
    },
    health: Effect.void,
    models: Effect.succeed([ModelName.make("scripted")])
  })
  return { providers: ["drafter", "reserve", "judge"].map(model), sent }
}

const keys = { IO3_MASTER_KEY: "00".repeat(32), IO3_SIGNING_KEY: "11".repeat(32) }

/** The whole core over a journal, with keys that are the same each time. */
export const over = (
  journal: Layer.Layer<Journal>,
  { providers }: Pick<Models, "providers">,
  settings: Settings,
  capable: Layer.Layer<Capabilities> = capabilities()
) =>
  keeping.pipe(
    Layer.provideMerge(Layer.mergeAll(core, proofs)),
    Layer.provideMerge(
      Layer.mergeAll(
        journal,
        Layer.succeed(Configuration, { settings, placed: [], untrusted: [] }),
        capable,
        Layer.succeed(Providers, Providers.from(...providers)),
        Layer.mergeAll(AesVault.layer({ directory: "." }), SigningKey.layer({ directory: "." })).pipe(
          Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(keys)))
        ),
        RandomIdentity.layer
      )
    ),
    Layer.fresh
  )
export type Core = Layer.Success<ReturnType<typeof over>>

type Service = Journal["Service"]

/** A journal in memory that several processes work on, one after the other or at once; one that is dead writes no more. */
export class Shared {
  readonly #inner: Service
  readonly #owners = new Map<StreamId, OwnerId>()
  readonly #living = new Set<OwnerId>()
  #born = 0

  constructor(inner: Service) {
    this.#inner = inner
  }

  static readonly make = Effect.map(
    Effect.provide(
      Effect.map(Journal, (inner) => inner),
      Layer.fresh(MemoryJournal.layer)
    ),
    (inner) => new Shared(inner)
  )

  /** A process, which dies at the commit after so many: before it is made, or after it was and before anybody is told. */
  process(): Process {
    const owner = OwnerId.make(`01900000-0000-7000-9000-${(++this.#born).toString(16).padStart(12, "0")}`)
    this.#living.add(owner)
    let left = Infinity
    let side: "before" | "after" = "before"
    const dead = Effect.fail(failure("JOURNAL_UNAVAILABLE", "setup"))
    const alive = <A>(effect: Effect.Effect<A, RuntimeFailure>): Effect.Effect<A, RuntimeFailure> =>
      Effect.suspend(() => (this.#living.has(owner) ? effect : dead))
    const seen = (info: { readonly stream: StreamId; readonly owner: OwnerId }) => {
      const of = this.#owners.get(info.stream) ?? info.owner
      return { owner: of, alive: this.#living.has(of) }
    }
    const inner = this.#inner
    const commit: Service["commit"] = (commit) =>
      alive(
        Effect.suspend(() => {
          const dies = left === 0
          if (dies) this.#living.delete(owner)
          if (dies && side === "before") return dead
          left -= 1
          const written = Effect.tap(inner.commit(commit), () =>
            Effect.sync(() => {
              for (const { stream, expected } of commit.appends)
                if (expected === 0) this.#owners.set(stream, owner)
            })
          )
          return dies ? Effect.andThen(written, dead) : written
        })
      )
    const journal = Journal.of({
      ...inner,
      owner,
      commit,
      read: (...args) => alive(inner.read(...args)),
      info: (stream) =>
        alive(
          Effect.map(inner.info(stream), (found) => Option.map(found, (info) => ({ ...info, ...seen(info) })))
        ),
      streams: (filter) =>
        alive(Effect.map(inner.streams(filter), (all) => all.map((info) => ({ ...info, ...seen(info) })))),
      adopt: (stream) =>
        alive(
          Effect.suspend(() => {
            const of = this.#owners.get(stream)
            if (of === undefined || this.#living.has(of))
              return Effect.fail(failure("JOURNAL_CONFLICT", "setup"))
            this.#owners.set(stream, owner)
            return Effect.void
          })
        )
    })
    return {
      journal,
      die: () => this.#living.delete(owner),
      dieAfter: (commits, at) => {
        left = commits
        side = at
      }
    }
  }
}

export interface Process {
  readonly journal: Service
  readonly die: () => void
  readonly dieAfter: (commits: number, side: "before" | "after") => void
}
