/** Owns what a run must come to, from what was asked and what the models did: told anew here, without the core's laws. */
import type { Code } from "../../src/domain/Failure.ts"
import type { SessionId, StreamId } from "../../src/domain/Ids.ts"
import type { Receipt } from "../../src/domain/run/Receipt.ts"
import { outcomeOf, type Outcome, type Plan, type Received } from "./Models.ts"

/** How a request ended for whoever made it. `left`: by going away. */
export type Told =
  | { readonly _tag: "Released"; readonly text: string; readonly receipt: Receipt }
  | { readonly _tag: "Failed"; readonly code: Code }
  | { readonly _tag: "Interrupted" | "Left" | "Held" }
  | { readonly _tag: "Defect"; readonly what: string }

/** One request to the runtime, and what is known of it from outside. */
export interface Request {
  readonly number: number
  readonly process: string
  readonly principal: string
  readonly mode: string
  readonly audit: boolean
  readonly prompt: string
  readonly file: string | null
  /** Which session it is a turn of; null where it is none. */
  readonly session: SessionId | null
  /** How the answer is taken: at the end, in pieces as it comes, or as a stream of frames. */
  readonly style: "whole" | "watched" | "frames"
  readonly health: boolean
  /** Something was done to it that nobody can do without a trace: a fault, a crash, a cancellation. */
  disturbed: boolean
  /** Whoever takes it takes time. */
  slow: boolean
  overBudget: boolean
  stream: StreamId | null
  told: Told | null
  readonly taken: Array<string>
}

/** A call that reached a model, and what that model had in mind. */
export interface Made extends Received {
  readonly plan: Plan
}

/** What the rules of a world are, as far as they decide endings. */
export interface Rules {
  readonly onUnavailable: "refuse" | "hold" | "release"
  readonly contextLimit: number
  readonly sick: string | null
  /** Most characters of earlier turns. */
  readonly historyLimit: number
}

export interface Expected {
  readonly calls: ReadonlyArray<{ readonly name: string; readonly outcome: Outcome }>
  /** The ending's name, with its code or how it was audited. */
  readonly ending: string
  readonly text: string | null
}

export const nameOf = (call: { readonly purpose: string; readonly attempt: number }): string =>
  `${call.purpose}.${call.attempt}`

/**
 * `lost` says what came of a call that was cut off: its answer is nobody's any more. `isSteward`: somebody may be asked whether
 * what nobody could audit leaves.
 */
export const expected = (
  request: Request,
  made: ReadonlyArray<Made>,
  rules: Rules,
  lost: (name: string) => Outcome["outcome"] | null,
  isSteward: boolean
): Expected => {
  const calls: Array<Expected["calls"][number]> = []
  const ending = (name: string, text: string | null = null): Expected => ({ calls, ending: name, text })
  const call = (name: string): Outcome | null => {
    const found = made.find((candidate) => nameOf(candidate) === name)
    if (!found) return null
    const undisturbed = outcomeOf(found.plan, found.sent, found.mayRead)
    const outcome =
      undisturbed.outcome === "ok" ? { ...undisturbed, outcome: lost(name) ?? "ok" } : undisturbed
    calls.push({ name, outcome })
    return outcome
  }

  if (request.health && request.mode === "solo" && rules.sick === "drafter") {
    return ending("RunFailed PROVIDER_UNAVAILABLE")
  }
  if (request.prompt.length > rules.contextLimit) return ending("RunRefused CONTEXT_LIMIT_EXCEEDED")
  if (request.overBudget) return ending("RunRefused BUDGET_EXCEEDED")

  const first = call("draft.1")
  const again = first?.outcome === "failed" && first.fallback !== null && request.mode === "executor"
  const draft = again ? call("draft.2") : first
  if (!draft) return ending("no draft")
  if (draft.outcome !== "ok") return ending(`RunFailed ${draft.code}`)
  if (!request.audit) return ending("Released none", draft.text)

  const isIndependent = request.mode !== "mirror"
  const audit = isIndependent ? call("audit.1") : null
  if (isIndependent && !audit) return ending("no audit")
  const plan = made.find(({ purpose }) => purpose === "audit")?.plan
  const decision = audit?.outcome === "ok" && audit.finish === "stop" ? (plan?.decision ?? "none") : "none"
  switch (decision) {
    case "pass":
      return ending("Released pass", draft.text)
    case "reject":
      return ending("RunRefused AUDIT_REJECTED")
    case "needs_work": {
      const revision = call("revision.1")
      if (!revision) return ending("no revision")
      return revision.outcome === "ok"
        ? ending("Released revised", revision.text)
        : ending(`RunFailed ${revision.code}`)
    }
    default:
      return rules.onUnavailable === "release" || (rules.onUnavailable === "hold" && isSteward)
        ? ending("Released unaudited", draft.text)
        : ending("RunRefused AUDIT_UNAVAILABLE")
  }
}

/** What a decision makes of an answer that was held for it; `edited` is the steward's text. */
export const decided = (
  wanted: Expected,
  { action, by }: { readonly action: string; readonly by: string },
  edited: string | null
): Expected => {
  switch (action) {
    case "approve":
      return wanted
    case "edit":
      return { ...wanted, text: edited }
    case "redirect":
      return { ...wanted, ending: "RunRefused STEWARD_REDIRECTED", text: null }
    default:
      return {
        ...wanted,
        ending: `RunRefused ${by === "deadline" ? "STEWARD_EXPIRED" : "STEWARD_REJECTED"}`,
        text: null
      }
  }
}
