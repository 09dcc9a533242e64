/**
 * Owns runbooks and their steward as anybody could tell them by heart: which step is next, what is asked of whom, what is on
 * record after each commit. It reads no law of the product; the product is held to it.
 */
import { assert } from "@effect/vitest"
import type { Action, SessionMode } from "../../src/domain/session/Turn.ts"
import { type Able, answerOf, type Asked, type Kind, promptOf, revisedOf } from "./runbookScene.ts"

/** What every runbook of one history begins under. */
export interface Rules {
  readonly stepCount: number | null
  readonly tokenBudget: number | null
  readonly classes: boolean
  readonly audit: boolean
  readonly always: boolean
  readonly expirySeconds: number | null
  readonly onUnavailable: "refuse" | "hold" | "release"
}

/** A step as it is declared, and whether its condition applies. */
export interface Declared {
  readonly number: number
  readonly kind: Kind
  readonly able: Able | null
  readonly packs: boolean
  readonly applies: boolean
}

/** What somebody is told of a step. */
export interface Outcome {
  readonly index: number
  readonly status: string
  /** What has left, or why nothing has. */
  readonly text: string | null
}

/** A run that ended. */
export interface Ended {
  readonly index: number
  readonly status: string
  readonly code: string | null
}

export interface Waiting {
  readonly index: number
  readonly prompt: string
  readonly text: string
  readonly threshold: string
  readonly deadline: number | null
  readonly tokens: number
}

/** The process is gone. */
export class Died extends Error {}

/** How far a run has come by its last commit: a call is out, a draft is paid for, its audit is out, or read. */
type Stage = "out" | "paid" | "auditing" | "read"

/** A run of which no more is on record than this; with a process that is gone it is lost. */
interface Under {
  readonly stage: Stage
  readonly attempt: number
  readonly tokens: number
}

/** What a process can do to the world, one thing after the other. */
export interface World {
  readonly rules: Rules
  readonly now: number
  /** The next thing that was asked, which has to be this; what it cost. */
  readonly asked: (what: Asked["what"], number: number, remembers?: boolean) => number
  /** Something becomes durable at once, or the process dies over it: before, or after. */
  readonly commit: (apply: () => void) => void
  /** A process ends what nobody can go on with before the first run of its own. */
  readonly settleOnce: () => void
}

const MOST_ATTEMPTS = 3

export class Modelled {
  readonly steps: ReadonlyArray<Declared>
  readonly mode: SessionMode
  readonly isAudited: boolean
  /** Of the process that works on it. */
  world: World
  status: "active" | "paused" | "completed" | "terminated" = "active"
  attempt = 1
  next = 0
  completed = 0
  skipped = 0
  /** Steps that came to an answer, and tokens of all that ended. */
  answered = 0
  tokens = 0
  tries = 0
  /** What a steward has put in the place of the next step's prompt. */
  redirected: { readonly number: number; readonly kind: Kind } | null = null
  held: Waiting | null = null
  under: Under | null = null
  failed: { readonly index: number; readonly code: string } | null = null
  readonly ends: Array<Ended> = []
  /** What was decided last about a step. */
  lastDecided: Action | null = null
  /** Prompts that broke once, and do not again. */
  readonly #broke: Set<number>

  constructor(
    world: World,
    steps: ReadonlyArray<Declared>,
    mode: SessionMode,
    isAudited: boolean,
    broke: Set<number>
  ) {
    this.world = world
    this.steps = steps
    this.mode = mode
    this.isAudited = isAudited
    this.#broke = broke
    this.#follow()
  }

  /** Goes on until it has ended or waits. */
  go(): ReadonlyArray<Outcome> {
    const told: Array<Outcome> = []
    if (this.attempt === 1 && this.tries === 0 && this.completed === 0) this.#tellSkipped(told, 0)
    while (this.status === "active") {
      const { next } = this
      const outcome = this.#step()
      told.push(outcome)
      if (outcome.status !== "released") break
      this.#tellSkipped(told, next + 1)
    }
    return told
  }

  #tellSkipped(told: Array<Outcome>, from: number): void {
    for (let index = from; index < this.next; index++) told.push({ index, status: "skipped", text: null })
  }

  get #declared(): Declared {
    return this.steps[this.next] ?? assert.fail("there is a step")
  }

  /** Runs the step that is next; `first` happens together with its beginning. */
  #step(first: () => void = () => {}): Outcome {
    const { able, number } = this.#declared
    const index = this.next
    this.world.settleOnce()
    if (able) this.world.asked("capability", number)
    const begin = () => {
      first()
      this.tries += 1
      this.under = { stage: "out", attempt: 1, tokens: 0 }
    }
    if (able === "bad") {
      this.world.commit(() => {
        begin()
        this.#end("failed", "CAPABILITY_EXCEPTION", 0)
      })
      return { index, status: "failed", text: "CAPABILITY_EXCEPTION" }
    }
    this.world.commit(begin)
    return this.#draft()
  }

  #draft(): Outcome {
    const { packs } = this.#declared
    const { number, kind } = this.redirected ?? this.#declared
    const ask = () => this.world.asked("draft", number, packs)
    let tokens = ask()
    const breaks = kind === "flaky" && !this.#broke.has(number)
    if (breaks) this.#broke.add(number)
    if (kind === "break" || kind === "late" || breaks)
      return this.#ends("failed", "PROVIDER_REJECTED", tokens)
    if (kind === "hang") return this.#ends("cancelled", null, tokens)
    if (kind === "fall") {
      this.world.commit(() => {})
      tokens += ask()
    }
    if (!this.isAudited) return this.#leave("none", tokens)
    this.world.commit(() => this.#stands("paid", tokens))
    return this.#audit(tokens)
  }

  #stands(stage: Stage, tokens: number): void {
    this.under = { stage, attempt: this.under?.attempt ?? 1, tokens }
  }

  #audit(before: number): Outcome {
    const { number, kind } = this.redirected ?? this.#declared
    this.world.commit(() => this.#stands("auditing", before))
    const tokens = before + this.world.asked("audit", number)
    if (kind === "reject") return this.#ends("refused", "AUDIT_REJECTED", tokens)
    if (kind === "pass") return this.#leave("pass", tokens)
    if (kind === "needs_work") {
      this.world.commit(() => this.#stands("read", tokens))
      return this.#revise(tokens)
    }
    return this.#hasLeave
      ? this.#leave("unaudited", tokens)
      : this.#ends("refused", "AUDIT_UNAVAILABLE", tokens)
  }

  /** Whether an answer without a verdict may go on to leave. */
  get #hasLeave(): boolean {
    const { onUnavailable } = this.world.rules
    return onUnavailable === "release" || (onUnavailable === "hold" && this.mode === "steward")
  }

  #revise(before: number): Outcome {
    const { number } = this.redirected ?? this.#declared
    this.world.commit(() => this.#stands("out", before))
    return this.#leave("revised", before + this.world.asked("revision", number))
  }

  #leave(audit: "none" | "pass" | "revised" | "unaudited", tokens: number): Outcome {
    const { number, kind } = this.redirected ?? this.#declared
    const index = this.next
    const text = audit === "revised" ? revisedOf(number, kind) : answerOf(number, kind)
    const threshold = this.#fires(this.tokens + tokens, audit)
    if (threshold === null) {
      this.world.commit(() => this.#end("released", null, tokens))
      return { index, status: "released", text }
    }
    const { now, rules } = this.world
    const deadline = rules.expirySeconds === null ? null : now + rules.expirySeconds * 1000
    this.world.commit(() => {
      this.under = null
      this.status = "paused"
      this.held = { index, prompt: promptOf(number, kind), text, threshold, deadline, tokens }
    })
    return { index, status: "held", text: null }
  }

  #fires(tokens: number, audit: string): string | null {
    const { stepCount, tokenBudget, classes, always, onUnavailable, ...rules } = this.world.rules
    if (this.mode === "work") return null
    if (stepCount !== null && (this.answered + 1) % stepCount === 0) return "step_count"
    if (tokenBudget !== null && tokens > tokenBudget) return "token_budget"
    if (classes && this.#declared.able !== null) return "capability_classes"
    if (rules.audit && (audit === "revised" || audit === "unaudited")) return "audit"
    if (audit === "unaudited" && onUnavailable === "hold") return "audit"
    return always ? "always" : null
  }

  #ends(status: string, code: string | null, tokens: number): Outcome {
    const index = this.next
    this.world.commit(() => this.#end(status, code, tokens))
    return { index, status: status === "cancelled" ? "cancelled" : "failed", text: code }
  }

  #end(status: string, code: string | null, tokens: number, closes = false): void {
    const index = this.next
    this.ends.push({ index, status, code })
    this.tokens += tokens
    this.under = null
    this.held = null
    this.status = "active"
    this.lastDecided = null
    if (status === "redirected") {
      this.answered += 1
      this.lastDecided = "redirect"
      return
    }
    if (status === "released" || status === "rejected") {
      this.answered += 1
      this.completed += 1
      this.#passed()
      if (closes) this.failed = { index, code: "STEWARD_REJECTED" }
    } else this.failed = { index, code: code ?? "RUN_CANCELLED" }
    this.#follow()
  }

  #passed(): void {
    this.next += 1
    this.tries = 0
    this.redirected = null
  }

  #follow(): void {
    if (this.failed) return void (this.status = "terminated")
    while (this.steps[this.next]?.applies === false) {
      this.skipped += 1
      this.#passed()
    }
    if (this.next === this.steps.length) this.status = "completed"
  }

  get isOver(): boolean {
    return this.status === "completed" || (this.failed !== null && this.failed.code === "STEWARD_REJECTED")
  }

  /** Whether another process may go on with the run that was lost. */
  get isHopeless(): boolean {
    const { under } = this
    return (
      under !== null &&
      (under.attempt >= MOST_ATTEMPTS || under.stage === "out" || under.stage === "auditing")
    )
  }

  /** Somebody ends what was lost; what it cost is what was reserved, and `tokens` says how much that is. */
  endLost(tokens: () => number): void {
    const { under } = this
    if (!under) return
    const isUnread = under.stage === "auditing" && !this.#hasLeave
    const [status, code] =
      under.stage === "out"
        ? ["failed", "PROVIDER_OUTCOME_UNKNOWN"]
        : isUnread
          ? ["refused", "AUDIT_UNAVAILABLE"]
          : ["failed", "RUN_INTERRUPTED"]
    this.world.commit(() => this.#end(status ?? "", code ?? null, tokens()))
  }

  /** Somebody goes on with what was lost. */
  recover(): Outcome | null {
    const { under } = this
    if (!under || this.isHopeless) return null
    this.world.commit(() => (this.under = { ...under, attempt: under.attempt + 1 }))
    return under.stage === "paid" ? this.#audit(under.tokens) : this.#revise(under.tokens)
  }

  resume(): void {
    this.world.commit(() => {
      this.status = "active"
      this.attempt += 1
      this.failed = null
    })
  }

  /** What is held is over. */
  decide(action: Exclude<Action, "redirect">, isLate = false): void {
    const { held } = this
    if (!held) return
    const isReleased = action === "approve" || action === "edit"
    const [status, code] = isReleased
      ? ["released", null]
      : ["rejected", isLate ? "STEWARD_EXPIRED" : "STEWARD_REJECTED"]
    this.world.commit(() => {
      this.#end(status ?? "", code ?? null, held.tokens, action === "close")
      this.lastDecided = action
    })
  }

  redirect(question: { readonly number: number; readonly kind: Kind }): Outcome {
    const tokens = this.held?.tokens ?? 0
    return this.#step(() => {
      this.#end("redirected", "STEWARD_REDIRECTED", tokens)
      this.redirected = question
    })
  }

  /** Nobody decided in time. */
  expire(): void {
    const { held } = this
    if (held && held.deadline !== null && this.world.now >= held.deadline) this.decide("reject", true)
  }
}
