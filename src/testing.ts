/**
 * Owns the harness for programs and tests that want a whole runtime without a disk, a network or chance: scripted
 * models, a journal in memory, identifiers that come out the same every time.
 */
import { ConfigProvider, Effect, Exit, Layer, Redacted, Ref, Stream } from "effect"
import { packagedSettings } from "./adapters/config/YamlConfiguration.ts"
import * as MemoryJournal from "./adapters/journal/Memory.ts"
import * as Null from "./adapters/provider/Null.ts"
import * as AesVault from "./adapters/vault/Aes.ts"
import * as SigningKey from "./adapters/vault/SigningKey.ts"
import { capabilities as builtin, core, keeping, proofs } from "./App.ts"
import { TOKEN_MARK } from "./domain/access/Token.ts"
import type { Purpose } from "./domain/run/Bounds.ts"
import { Content } from "./domain/Content.ts"
import type { Code } from "./domain/Failure.ts"
import { LoginId, Mode, ModelName, ProviderName, RunId, SessionId, Target, TokenId } from "./domain/Ids.ts"
import type { Finish } from "./domain/run/Receipt.ts"
import type { FallbackReason } from "./domain/run/Route.ts"
import type { Settings } from "./domain/config/Settings.ts"
import type { Capabilities } from "./ports/Capability.ts"
import { Configuration } from "./ports/Configuration.ts"
import { Identity } from "./ports/Identity.ts"
import type { Journal } from "./ports/Journal.ts"
import { type Call, type Delta, type Provider, ProviderFailure, Providers } from "./ports/Provider.ts"

/** What a scripted model does when it is called. */
export type Reply =
  /** Answers, in one piece or several. Counts default to one token a piece. */
  | {
      readonly say: string | ReadonlyArray<string>
      readonly think?: string
      readonly finish?: Finish
      readonly inputTokens?: number | null
      readonly outputTokens?: number | null
    }
  /** Fails, after some pieces or before any. */
  | { readonly fail: Code; readonly fallback?: FallbackReason; readonly after?: ReadonlyArray<string> }
  /** Says nothing more and never ends, until it is interrupted. */
  | { readonly hang: true; readonly after?: ReadonlyArray<string> }

/** One call as a scripted model received it. */
export interface Asked extends Call {
  readonly provider: ProviderName
  readonly purpose: Purpose
  readonly attempt: number
  readonly maxOutputTokens: number
}

export interface Scripted {
  readonly provider: Provider
  /** Every call so far. */
  readonly asked: Effect.Effect<ReadonlyArray<Asked>>
  /** How many calls were cut off by an interruption. */
  readonly interrupted: Effect.Effect<number>
}

/** A provider that gives its replies in order, and fails with `PROVIDER_UNAVAILABLE` when it has none left. */
const make = (name: string, replies: ReadonlyArray<Reply>): Scripted => {
  const asked = Ref.makeUnsafe<ReadonlyArray<Asked>>([])
  const interrupted = Ref.makeUnsafe(0)
  const providerName = ProviderName.make(name)
  const generate: Provider["generate"] = (intent, call) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { purpose, attempt, reservation } = intent.permit
        const turn = (yield* Ref.get(asked)).length
        yield* Ref.update(asked, (calls) => [
          ...calls,
          { ...call, provider: providerName, purpose, attempt, maxOutputTokens: reservation.outputTokens }
        ])
        return play(replies[turn] ?? { fail: "PROVIDER_UNAVAILABLE" })
      })
    ).pipe(
      Stream.onExit((exit) =>
        Exit.hasInterrupts(exit) ? Ref.update(interrupted, (n) => n + 1) : Effect.void
      )
    )
  return {
    provider: {
      name: providerName,
      local: true,
      canAudit: true,
      window: 8192,
      generate,
      health: Effect.void,
      models: Effect.succeed([ModelName.make("scripted")])
    },
    asked: Ref.get(asked),
    interrupted: Ref.get(interrupted)
  }
}

export const ScriptedProvider = { make } as const

const play = (reply: Reply): Stream.Stream<Delta, ProviderFailure> => {
  const pieces = (texts: ReadonlyArray<string>) =>
    Stream.fromIterable(texts.map((text): Delta => ({ _tag: "Text", content: Content.of(text) }))).pipe(
      Stream.rechunk(1)
    )
  if ("hang" in reply) return Stream.concat(pieces(reply.after ?? []), Stream.never)
  if ("fail" in reply) {
    const { fail: code, fallback = null, after = [] } = reply
    return Stream.concat(pieces(after), Stream.fail(new ProviderFailure({ code, fallback })))
  }
  const texts = typeof reply.say === "string" ? [reply.say] : reply.say
  const thoughts: ReadonlyArray<Delta> =
    reply.think === undefined ? [] : [{ _tag: "Thinking", content: Content.of(reply.think) }]
  const { finish = "stop", inputTokens = 1, outputTokens = texts.length } = reply
  return Stream.fromIterable(thoughts).pipe(
    Stream.concat(pieces(texts)),
    Stream.concat(Stream.succeed<Delta>({ _tag: "End", finish, inputTokens, outputTokens }))
  )
}

const packaged = packagedSettings()

/** The packaged configuration with three scripted models: `drafter` answers, `reserve` steps in, `judge` audits. */
const settings: Settings = {
  ...packaged,
  providers: {
    ...packaged.providers,
    providers: Object.fromEntries(["drafter", "reserve", "judge"].map((name) => [name, { enabled: true }]))
  },
  routing: {
    ...packaged.routing,
    modes: {
      [Mode.make("executor")]: { primary: Target.make("drafter:one"), secondary: Target.make("reserve:two") },
      [Mode.make("challenger")]: {
        primary: Target.make("judge:three"),
        secondary: Target.make("judge:three")
      }
    }
  }
}

const identity = Layer.effect(
  Identity,
  Effect.gen(function* () {
    const count = yield* Ref.make(0)
    const next = Effect.map(
      Ref.updateAndGet(count, (n) => n + 1),
      (n) => n.toString(16).padStart(12, "0")
    )
    return Identity.of({
      runId: Effect.map(next, (tail) => RunId.make(`01900000-0000-7000-8000-${tail}`)),
      sessionId: Effect.map(next, (tail) => SessionId.make(`01900000-0000-7000-8000-${tail}`)),
      tokenId: Effect.map(next, (tail) => TokenId.make(`01900000-0000-7000-8000-${tail}`)),
      loginId: Effect.map(next, (tail) => LoginId.make(`01900000-0000-7000-8000-${tail}`)),
      token: Effect.map(next, (tail) => Redacted.make(TOKEN_MARK + tail.padStart(43, "0"))),
      boundary: Effect.map(next, (tail) => `----- ${tail} -----`)
    })
  })
)

export interface TestOptions {
  /** The models this runtime has, beside the stand-in. */
  readonly providers: ReadonlyArray<Provider>
  readonly settings?: Settings
  /** Another journal than the one in memory. */
  readonly journal?: Layer.Layer<Journal>
  /** Other capabilities than those that come with the program. */
  readonly capabilities?: Layer.Layer<Capabilities>
}

/** The whole core over ports without a world. What it provides can be looked into: journal, vault, ledgers. */
const layer = ({
  providers,
  settings: chosen = settings,
  journal = MemoryJournal.layer,
  capabilities = builtin()
}: TestOptions) => {
  const ports = Layer.mergeAll(
    Layer.succeed(Configuration, { settings: chosen, placed: [], untrusted: [] }),
    Layer.succeed(Providers, Providers.from(Null.make, ...providers)),
    journal,
    Layer.mergeAll(AesVault.layer({ directory: "." }), SigningKey.layer({ directory: "." })).pipe(
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(keys)))
    ),
    identity,
    capabilities
  )
  return keeping.pipe(Layer.provideMerge(Layer.mergeAll(core, proofs)), Layer.provideMerge(ports))
}

const keys = { IO3_MASTER_KEY: "00".repeat(32), IO3_SIGNING_KEY: "11".repeat(32) }

export const TestRuntime = { layer, settings } as const
