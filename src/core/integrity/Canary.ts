/** Owns the models of an integrity check: they follow the scene that is on, and witness how they were called. */
import { Context, Effect, Layer, Option, Ref, Stream } from "effect"
import {
  scenes,
  type Scene,
  settingsFor,
  verdictText,
  type Words,
  wordsFor
} from "../../domain/integrity/Canary.ts"
import { Content } from "../../domain/Content.ts"
import { bytes, canonicalMessages } from "../../domain/run/Messages.ts"
import { ModelName, ProviderName, RUN_PREFIX } from "../../domain/Ids.ts"
import type { Witnessed } from "../../domain/integrity/Invariant.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { type Intent, isIntent, Journal } from "../../ports/Journal.ts"
import { type Call, type Delta, type Provider, ProviderFailure, Providers } from "../../ports/Provider.ts"
import { Sandbox } from "../../ports/Sandbox.ts"

const WINDOW = 16_384
const [FIRST] = scenes

export class Canary extends Context.Service<
  Canary,
  {
    readonly words: Words
    /** The scene that is on. */
    readonly scene: Ref.Ref<Scene>
    readonly witnessed: Ref.Ref<ReadonlyArray<Witnessed>>
  }
>()("io-iii/core/integrity/Canary") {
  static readonly layer = Layer.effect(
    Canary,
    Effect.gen(function* () {
      const identity = yield* Identity
      const secret = yield* identity.runId
      return Canary.of({
        words: wordsFor(secret),
        scene: yield* Ref.make(FIRST!),
        witnessed: yield* Ref.make<ReadonlyArray<Witnessed>>([])
      })
    })
  )

  /** The defaults, with the words of the check. */
  static readonly configuration = Layer.effect(
    Configuration,
    Effect.gen(function* () {
      const { packaged } = yield* Sandbox
      const { words } = yield* Canary
      return { settings: settingsFor(packaged, words), placed: [], untrusted: [] }
    })
  )

  /** `canary`, who is local, and `sky`, who is not. */
  static readonly providers = Layer.effect(
    Providers,
    Effect.gen(function* () {
      const canary = yield* Canary
      const journal = yield* Journal
      const provider = (name: string, local: boolean): Provider => ({
        name: ProviderName.make(name),
        local,
        canAudit: true,
        window: WINDOW,
        generate: (intent, call) =>
          Stream.unwrap(
            Effect.gen(function* () {
              const scene = yield* Ref.get(canary.scene)
              const purpose = intent.permit.purpose
              const said = says(scene, purpose, canary.words)
              const durable = yield* isOnRecord(journal, intent)
              const inputTokens = bytes(call.messages)
              yield* Ref.update(canary.witnessed, (calls) => [
                ...calls,
                {
                  scene: scene.name,
                  provider: ProviderName.make(name),
                  purpose,
                  permitted: isIntent(intent),
                  durable,
                  reserved: intent.permit.reservation,
                  inputTokens,
                  outputTokens: said?.length ?? 0,
                  words: wordsIn(call, canary.words)
                }
              ])
              return said === null
                ? Stream.fail(unreachable)
                : Stream.fromIterable(
                    deltas(said, canary.words, scene.cut && purpose === "audit", inputTokens)
                  )
            })
          ),
        health: Effect.void,
        models: Effect.succeed(["writer", "judge"].map((model) => ModelName.make(model)))
      })
      return Providers.from(provider("canary", true), provider("sky", false))
    })
  )
}

const unreachable = new ProviderFailure({ code: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" })

const says = (
  { draft, verdict }: Scene,
  purpose: Intent["permit"]["purpose"],
  words: Words
): string | null => {
  switch (purpose) {
    case "draft":
      return draft && words[draft]
    case "audit":
      return verdict && verdictText(verdict, words.remark)
    case "revision":
      return words.answer
  }
}

/** One token for each byte, the answer in one piece. */
const deltas = (said: string, words: Words, cut: boolean, inputTokens: number): ReadonlyArray<Delta> => [
  { _tag: "Thinking", content: Content.of(words.thinking) },
  { _tag: "Text", content: Content.of(said) },
  { _tag: "End", finish: cut ? "length" : "stop", inputTokens, outputTokens: said.length }
]

const wordsIn = (call: Call, words: Words): Witnessed["words"] => {
  const sent = canonicalMessages(call.messages)
  const names = Object.keys(words) as ReadonlyArray<keyof Words>
  return new Set(names.filter((name) => sent.use((text) => text.includes(words[name]))))
}

/** Whether the ledger has this call as intended, while it is being made. */
const isOnRecord = (journal: Journal["Service"], { permit }: Intent): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const [newest] = yield* journal.streams({ prefix: RUN_PREFIX, openOnly: true, before: null, limit: 1 })
    const rows = newest ? yield* journal.read(newest.stream) : []
    return rows.some(({ payload }) =>
      Option.exists(
        decode(payload),
        (event) =>
          event._tag === "CallIntended" &&
          event.purpose === permit.purpose &&
          event.attempt === permit.attempt
      )
    )
  }).pipe(Effect.orElseSucceed(() => false))
