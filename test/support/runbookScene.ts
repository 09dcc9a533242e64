/**
 * Owns runbooks whose texts say what is to come of them: models and capabilities that do so, each thing that was asked of
 * either, and memory that a step can read.
 */
import { Effect, Layer, Stream } from "effect"
import { CapabilityErrorCode, CapabilityVersion } from "../../src/domain/capability/Capability.ts"
import { Content, reveal } from "../../src/domain/Content.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import { failure } from "../../src/domain/Failure.ts"
import {
  CapabilityId,
  Count,
  MemoryKey,
  MemoryScope,
  Mode,
  ModelName,
  PackId,
  ProviderName,
  RunbookId
} from "../../src/domain/Ids.ts"
import type { Purpose } from "../../src/domain/run/Bounds.ts"
import { bytes } from "../../src/domain/run/Messages.ts"
import type { Condition } from "../../src/domain/runbook/Condition.ts"
import type { Runbook, Step } from "../../src/domain/runbook/Runbook.ts"
import { Capabilities } from "../../src/ports/Capability.ts"
import { type Delta, type Provider, ProviderFailure } from "../../src/ports/Provider.ts"
import { persona, principal, settingsWith } from "./sessionScene.ts"

/**
 * What comes of a prompt: `say` answers, `break` fails before a word and `late` after one, `fall` is answered by the second
 * model, `flaky` breaks the first time it is asked, `hang` never ends; the rest is the auditor's about the draft.
 */
export type Kind =
  | "say"
  | "break"
  | "late"
  | "fall"
  | "flaky"
  | "hang"
  | "pass"
  | "needs_work"
  | "reject"
  | "mumble"

/** `good` answers, `no` says no, `bad` fails. */
export type Able = "good" | "no" | "bad"

/** A step, or what a steward has put in its place: a prompt is four digits and its kind, so that all are of one length. */
export const promptOf = (number: number, kind: Kind): string =>
  `${String(number).padStart(4, "0")} ${kind.padEnd(10, "_")}`
const PROMPT = /(\d{4}) ([a-z]+(?:_[a-z]+)?)_*/u

export interface DeclaredStep {
  readonly kind: Kind
  readonly able: Able | null
  readonly packs: boolean
  readonly when: Condition | null
}

/** One call, as a model or a capability received it. */
export interface Asked {
  readonly what: Purpose | "capability"
  /** The number of the prompt, or of the step of a payload. */
  readonly number: number
  /** What it costs: as it says, or as it was reserved where it does not get to say. */
  readonly tokens: number
  /** Whether what is remembered was there to be read. */
  readonly remembers: boolean
}

export const FACT = "the colour is teal"
export const scope = MemoryScope.make("project")
export const key = MemoryKey.make("colour")
const pack = PackId.make("pack.facts")

/** The settings of a test with a pack, which executors may read. */
export const remembering = (runtime: Partial<Settings["runtime"]>): Settings => ({
  ...settingsWith(runtime),
  memoryPacks: { packs: [{ id: pack, scope, keys: [key] }] }
})

export const stepOf = (number: number, { kind, able, packs, when }: DeclaredStep): Step => ({
  id: null,
  mode: persona,
  prompt: Content.of(promptOf(number, kind)),
  capability: able && { id: idOf(able), payload: Content.of(JSON.stringify({ number })) },
  packs: packs ? [pack] : [],
  when
})

export const runbookOf = (first: number, steps: ReadonlyArray<DeclaredStep>): Runbook => ({
  id: RunbookId.make("rb-model"),
  steps: steps.map((step, index) => stepOf(first + index, step))
})

/** A condition that applies or does not, in a runbook of such a mode. */
export const whenever = (applies: boolean, mode: "work" | "steward"): Condition => ({
  key: "session_mode",
  op: applies ? "eq" : "neq",
  value: Mode.make(mode)
})

const checks = { constellation: true, health: false } as const
export const by = { principal, surface: "program", checks, audit: false } as const

const textIn = (text: string): readonly [number: number, kind: string] => {
  const [, number = "-1", kind = ""] = PROMPT.exec(text) ?? []
  return [Number(number), kind]
}

export interface Workers {
  readonly providers: ReadonlyArray<Provider>
  readonly capabilities: Layer.Layer<Capabilities>
  /** Everything that was asked of them, in order. */
  readonly asked: ReadonlyArray<Asked>
  /** How many calls of models were left without an answer. */
  readonly hung: () => number
}

/** `hold` is waited for by each call of a model before it answers. */
export const working = (hold: Effect.Effect<void> = Effect.void): Workers => {
  const asked: Array<Asked> = []
  let hung = 0
  const model = (name: string): Provider => ({
    name: ProviderName.make(name),
    local: true,
    canAudit: true,
    window: 8192,
    generate: ({ permit: { purpose, attempt, reservation } }, { messages }) => {
      const text = (purpose === "draft" ? messages.slice(-1) : messages)
        .map(({ content }) => reveal(content))
        .join("\n")
      const [number, kind] = textIn(text)
      const isFirst = asked.every((one) => one.number !== number || one.what !== "draft")
      const falls = purpose === "draft" && kind === "fall" && attempt === 1
      const isSilent =
        purpose === "draft" && (["break", "late", "hang"].includes(kind) || (kind === "flaky" && isFirst))
      const inputTokens = Math.ceil(bytes(messages) / 8)
      const outputTokens = 2
      const reserved = reservation.inputTokens + reservation.outputTokens
      const all = messages.map(({ content }) => reveal(content)).join("\n")
      asked.push({
        what: purpose,
        number,
        tokens: falls ? 0 : isSilent ? reserved : inputTokens + outputTokens,
        remembers: all.includes(FACT)
      })
      const piece: Delta = { _tag: "Text", content: Content.of("a piece") }
      if (falls)
        return Stream.fail(new ProviderFailure({ code: "PROVIDER_UNAVAILABLE", fallback: "server_error" }))
      if (kind === "hang" && isSilent) {
        hung += 1
        return Stream.never
      }
      if (isSilent) {
        const broken = Stream.fail(new ProviderFailure({ code: "PROVIDER_REJECTED", fallback: null }))
        return kind === "late" ? Stream.concat(Stream.succeed(piece), broken) : broken
      }
      return Stream.fromIterable<Delta>([
        { _tag: "Text", content: Content.of(spoken(purpose, number, kind)) },
        { _tag: "End", finish: "stop", inputTokens, outputTokens }
      ]).pipe(Stream.onStart(hold))
    },
    health: Effect.void,
    models: Effect.succeed([ModelName.make("scripted")])
  })
  const capable = Layer.succeed(Capabilities, {
    list: ABLE.map(capabilityOf),
    get: (id) => ABLE.map(capabilityOf).find(({ facts }) => facts.id === id),
    invoke: (id, payload) =>
      Effect.suspend(() => {
        const { number } = JSON.parse(payload ? reveal(payload) : "{}")
        asked.push({ what: "capability", number, tokens: 0, remembers: false })
        if (id === idOf("bad")) return Effect.fail(failure("CAPABILITY_EXCEPTION", "capability"))
        const ok = id === idOf("good")
        const errorCode = ok ? null : CapabilityErrorCode.make("NOT_TODAY")
        const output = Content.of(`{"made":${number}}`)
        const counts = { durationMillis: Count.make(0), inputChars: Count.make(1) }
        return Effect.succeed({ ok, errorCode, output, ...counts, outputChars: Count.make(output.length) })
      })
  })
  return {
    providers: ["drafter", "reserve", "judge"].map(model),
    capabilities: capable,
    asked,
    hung: () => hung
  }
}

export const answerOf = (number: number, kind: Kind): string => spoken("draft", number, kind)
export const revisedOf = (number: number, kind: Kind): string => spoken("revision", number, kind)

const spoken = (purpose: Purpose, number: number, kind: string): string => {
  if (purpose !== "audit") return `${purpose} ${promptOf(number, kind as Kind)}`
  const isVerdict = kind === "pass" || kind === "needs_work" || kind === "reject"
  return isVerdict
    ? JSON.stringify({ decision: kind, issues: [], high_risk_claims: [], suggested_fixes: [] })
    : "hm"
}

const ABLE: ReadonlyArray<Able> = ["good", "no", "bad"]
const idOf = (able: Able): CapabilityId => CapabilityId.make(`cap.${able}`)

const capabilityOf = (able: Able) => ({
  facts: {
    id: idOf(able),
    version: CapabilityVersion.make("1.0"),
    category: "validation" as const,
    bounds: {
      maxCalls: 1 as const,
      timeoutMillis: Count.make(1000),
      maxInputChars: Count.make(1000),
      maxOutputChars: Count.make(1000),
      sideEffectsAllowed: false as const
    }
  },
  description: "",
  input: {},
  output: {}
})
