/** Owns the runs that an integrity check makes: what is said, by whom, and how each must end. It makes none of them. */
import { Schema } from "effect"
import { Content } from "../Content.ts"
import { MemoryKey, MemoryScope, Mode, PackId, Target } from "../Ids.ts"
import { WebhookUrl } from "../config/Address.ts"
import type { Settings } from "../config/Settings.ts"

/** One run of the check. */
export const SceneName = Schema.Literals([
  "plain",
  "passed",
  "revised",
  "rejected",
  "abstained",
  "garbled",
  "cut_short",
  "unaudited",
  "unreachable",
  "approved",
  "denied",
  "equipped",
  "withheld",
  "invoked",
  "remembering",
  "first_step",
  "second_step"
])
export type SceneName = typeof SceneName.Type

/** Where a word comes from. */
export const wordNames = [
  "prompt",
  "file",
  "persona",
  "profile",
  "draft",
  "thinking",
  "remark",
  "answer",
  "payload",
  "memory",
  "secret"
] as const
export type WordName = (typeof wordNames)[number]
export type Words = Readonly<Record<WordName, string>>

/** Words that no text has but theirs. */
export const wordsFor = (secret: string): Words => ({
  prompt: `canary-prompt-${secret}`,
  file: `canary-file-${secret}`,
  persona: `canary-persona-${secret}`,
  profile: `canary-profile-${secret}`,
  draft: `canary-draft-${secret}`,
  thinking: `canary-thinking-${secret}`,
  remark: `canary-remark-${secret}`,
  answer: `canary-answer-${secret}`,
  payload: `canary-payload-${secret}`,
  memory: `canary-memory-${secret}`,
  secret: `canary-secret-${secret}`
})

export interface Scene {
  readonly name: SceneName
  readonly mode: Mode
  readonly audit: boolean
  /** What the draft says; null: the model cannot be reached. */
  readonly draft: WordName | null
  /** What the auditor says; `garbage` is no verdict, null: it cannot be reached. */
  readonly verdict: "pass" | "needs_work" | "reject" | "abstain" | "garbage" | null
  /** Whether the auditor is cut off in the middle of its words. */
  readonly cut: boolean
  /** What a steward decides, where the run is a turn that is held; null where nobody is asked. */
  readonly steward: "approve" | "reject" | null
  /** Whether a capability is invoked, before a model is asked or with none; null where there is none. */
  readonly invokes: "beside" | "alone" | null
  /** Whether it names the pack of the check. */
  readonly remembers: boolean
  /** Whether it is a step of the runbook of the check. */
  readonly step: boolean
  readonly ends: "released" | "refused" | "failed"
}

const EXECUTOR = Mode.make("executor")
/** Its other target is a cloud's, which is turned on: text must not go there when the local model fails. */
const EXPLORER = Mode.make("explorer")

const scene = (name: SceneName, ends: Scene["ends"], rest: Partial<Scene> = {}): Scene => ({
  name,
  ends,
  mode: EXECUTOR,
  audit: true,
  draft: ends === "released" ? "answer" : "draft",
  verdict: null,
  cut: false,
  steward: null,
  invokes: null,
  remembers: false,
  step: false,
  ...rest
})

export const scenes: ReadonlyArray<Scene> = [
  scene("plain", "released", { audit: false }),
  scene("passed", "released", { verdict: "pass" }),
  scene("revised", "released", { verdict: "needs_work", draft: "draft" }),
  scene("rejected", "refused", { verdict: "reject" }),
  scene("abstained", "refused", { verdict: "abstain" }),
  scene("garbled", "refused", { verdict: "garbage" }),
  scene("cut_short", "refused", { verdict: "pass", cut: true }),
  scene("unaudited", "refused"),
  scene("unreachable", "failed", { mode: EXPLORER, audit: false, draft: null }),
  scene("approved", "released", { audit: false, steward: "approve" }),
  scene("denied", "refused", { audit: false, steward: "reject" }),
  scene("equipped", "released", { audit: false, invokes: "beside" }),
  scene("withheld", "refused", { verdict: "reject", invokes: "beside" }),
  scene("invoked", "released", { audit: false, invokes: "alone" }),
  scene("remembering", "released", { audit: false, remembers: true }),
  scene("first_step", "released", { audit: false, step: true }),
  scene("second_step", "released", { audit: false, step: true, invokes: "beside" })
]

/** The records of the check: one that its pack lets a run read, and one that is kept back by the policy. */
export const SCOPE = MemoryScope.make("canary")
export const READABLE = MemoryKey.make("readable")
export const KEPT_BACK = MemoryKey.make("kept_back")
export const PACK = PackId.make("pack.canary")

/** Whom the events of the check are told to: nothing is ever sent there. */
const OUTSIDE = WebhookUrl.make("https://receiver.invalid/hook")

/** The defaults of this installation, with the words of the check and models that follow its script. */
export const settingsFor = (packaged: Settings, words: Words): Settings => {
  const answered = { primary: Target.make("canary:writer"), secondary: Target.make("canary:writer") }
  const providers = Object.fromEntries(["canary", "sky"].map((name) => [name, { enabled: true }]))
  return {
    ...packaged,
    providers: { ...packaged.providers, providers },
    routing: {
      ...packaged.routing,
      modes: {
        [EXECUTOR]: answered,
        [EXPLORER]: { ...answered, secondary: Target.make("sky:writer") },
        [Mode.make("challenger")]: {
          primary: Target.make("canary:judge"),
          secondary: Target.make("canary:judge")
        }
      }
    },
    persona: {
      ...packaged.persona,
      identity: { name: Content.of(words.persona), style: Content.of(words.persona) }
    },
    profile: { name: Content.of(words.profile), notes: Content.of(words.profile) },
    memoryPacks: { packs: [{ id: PACK, scope: SCOPE, keys: [KEPT_BACK, READABLE] }] },
    memoryPolicy: {
      ...packaged.memoryPolicy,
      route_allowlist: [EXECUTOR],
      sensitivity_allowlist: { elevated: [EXECUTOR], restricted: [] }
    },
    runtime: { ...packaged.runtime, steward_thresholds: { always: true }, webhook_url: OUTSIDE }
  }
}

/** What the auditor of a scene says. */
export const verdictText = (verdict: Exclude<Scene["verdict"], null>, remark: string): string =>
  verdict === "garbage"
    ? `Well. ${remark}`
    : `{"decision":"${verdict}","issues":[],"high_risk_claims":["${remark}"],"suggested_fixes":["${remark}"]}`
