/**
 * Owns sessions and their steward as anybody could tell them by heart: numbers, a conversation, what is held. It reads no
 * law of the product; the product is held to it.
 */
import type { Action, SessionMode } from "../../src/domain/session/Turn.ts"
import { draftOf, revisionOf } from "./sessionScene.ts"

/** What every session of one history begins under. */
export interface Rules {
  readonly stepCount: number | null
  readonly tokenBudget: number | null
  readonly audit: boolean
  readonly always: boolean
  readonly expirySeconds: number | null
  readonly maxTurns: number
  readonly onUnavailable: "refuse" | "hold" | "release"
}

export type Kind =
  | "say"
  | "break"
  | "hang"
  | "blank"
  | "pass"
  | "needs_work"
  | "reject"
  | "abstain"
  | "mumble"

/** What a turn is asked. */
export interface Question {
  readonly prompt: string
  readonly kind: Kind
  readonly audited: boolean
}

/** A turn that waits for a steward. */
export interface Waiting {
  readonly run: string
  readonly prompt: string
  readonly text: string
  readonly threshold: string
  readonly tokens: number
  readonly deadline: number | null
}

export interface Ended {
  readonly status: string
  readonly code: string | null
  readonly counts: boolean
}

/** What somebody is told. */
export type Told =
  | { readonly is: "released"; readonly text: string }
  | { readonly is: "held"; readonly threshold: string }
  | { readonly is: "done" }
  | { readonly is: "cancelled" }
  | { readonly is: "failed"; readonly code: string; readonly decided?: Action }

const failed = (code: string): Told => ({ is: "failed", code })

export class Modelled {
  readonly rules: Rules
  readonly audit: boolean
  mode: SessionMode
  isClosed = false
  isTitled: boolean
  tokens = 0
  /** What was asked and what left. */
  readonly said: Array<readonly [role: string, text: string]> = []
  readonly turns: Array<Ended | null> = []
  held: Waiting | null = null
  /** The turn whose process is gone, and whether nobody can go on with it. */
  lost: { readonly question: Question; readonly isHopeless: boolean; readonly mode: SessionMode } | null =
    null
  /** What was decided, by run. */
  readonly decided = new Map<string, Action>()
  /** What was decided about the last turn that has ended; null where nobody had to. */
  lastDecided: Action | null = null

  constructor(rules: Rules, mode: SessionMode, audit: boolean, isTitled: boolean) {
    this.rules = rules
    this.mode = mode
    this.audit = audit
    this.isTitled = isTitled
  }

  get steps(): number {
    return this.turns.filter((turn) => turn?.counts === true).length
  }

  get status(): string {
    if (this.isClosed) return "closed"
    if (this.held) return "paused"
    return this.steps >= this.rules.maxTurns && !this.lost ? "at_limit" : "active"
  }

  /** What somebody is told who wants to see or decide what waits in a session where nothing does. */
  get late(): Told {
    const { lastDecided } = this
    return lastDecided
      ? { is: "failed", code: "STEWARD_DECIDED", decided: lastDecided }
      : failed("STEWARD_NOT_PENDING")
  }

  /** Why no turn can begin; null where one can. */
  get refusal(): Told | null {
    if (this.held) return failed("SESSION_PAUSED")
    if (this.isClosed) return failed("SESSION_NOT_ACTIVE")
    return this.steps >= this.rules.maxTurns ? failed("SESSION_AT_LIMIT") : null
  }

  /** What comes of a turn that is asked now. */
  turn(
    { prompt, kind, audited }: Question,
    run: string,
    tokens: number,
    now: number,
    mode = this.mode
  ): Told {
    const end = (status: string, code: string | null): Told => {
      this.lastDecided = null
      this.tokens += tokens
      this.turns.push({ status, code, counts: false })
      return code === null ? { is: "cancelled" } : failed(code)
    }
    if (kind === "break") return end("failed", "PROVIDER_REJECTED")
    if (kind === "hang") return end("cancelled", null)
    const hasVerdict = kind === "pass" || kind === "needs_work"
    const hasLeave =
      this.rules.onUnavailable === "release" || (this.rules.onUnavailable === "hold" && mode === "steward")
    if (audited && kind === "reject") return end("refused", "AUDIT_REJECTED")
    if (audited && !hasVerdict && !hasLeave) return end("refused", "AUDIT_UNAVAILABLE")
    const isRevised = audited && kind === "needs_work"
    const text = isRevised ? revisionOf(prompt) : draftOf(prompt)
    const threshold =
      mode === "work"
        ? null
        : this.#fires(this.tokens + tokens, audited && (isRevised || !hasVerdict), audited && !hasVerdict)
    if (threshold === null) {
      this.lastDecided = null
      this.tokens += tokens
      this.#leaves(prompt, text)
      return { is: "released", text }
    }
    const { expirySeconds } = this.rules
    const deadline = expirySeconds === null ? null : now + expirySeconds * 1000
    this.turns.push(null)
    this.held = { run, prompt, text, threshold, tokens, deadline }
    return { is: "held", threshold }
  }

  #fires(tokens: number, isChanged: boolean, isUnaudited: boolean): string | null {
    const { stepCount, tokenBudget, audit, always, onUnavailable } = this.rules
    if (stepCount !== null && (this.steps + 1) % stepCount === 0) return "step_count"
    if (tokenBudget !== null && tokens > tokenBudget) return "token_budget"
    if ((audit && isChanged) || (onUnavailable === "hold" && isUnaudited)) return "audit"
    return always ? "always" : null
  }

  #leaves(prompt: string, text: string): void {
    this.turns.push({ status: "released", code: null, counts: true })
    this.said.push(["user", prompt], ["assistant", text])
  }

  /** What is held is over. */
  decide(action: Action, text: string | null = null, isLate = false): void {
    const { held } = this
    if (!held) return
    this.held = null
    this.tokens += held.tokens
    this.decided.set(held.run, action)
    this.lastDecided = action
    this.turns.pop()
    if (action === "approve" || action === "edit") return this.#leaves(held.prompt, text ?? held.text)
    const code =
      action === "redirect" ? "STEWARD_REDIRECTED" : isLate ? "STEWARD_EXPIRED" : "STEWARD_REJECTED"
    this.turns.push({ status: action === "redirect" ? "redirected" : "rejected", code, counts: true })
    if (action === "close") this.isClosed = true
  }

  /** Nobody decided in time. */
  expire(now: number): void {
    if (this.held?.deadline != null && now >= this.held.deadline) this.decide("reject", null, true)
  }

  /** Somebody ends what nobody can go on with. */
  endHopeless(): void {
    if (!this.lost?.isHopeless) return
    this.lost = null
    this.lastDecided = null
    this.turns.push({ status: "failed", code: "PROVIDER_OUTCOME_UNKNOWN", counts: false })
  }
}
