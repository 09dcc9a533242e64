/** Owns the ledger as the world sees it: its rows as they became durable, read as plain JSON, chained and counted anew. */
import { createHash } from "node:crypto"
import type { SessionId, StreamId } from "../../src/domain/Ids.ts"
import type { Row } from "../../src/domain/ledger/Ledger.ts"

/** A call as the rows have it. */
export interface Written {
  readonly purpose: string
  readonly attempt: number
  readonly reserved: { readonly inputTokens: number; readonly outputTokens: number }
  readonly at: number
  settled: Settled | null
}
interface Settled {
  readonly outcome: string
  readonly code: string | null
  readonly fallback: string | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly digest: string | null
}

/** What is read of a payload here; every kind of event has some of it. */
interface Fields extends Settled, Gated, Decided {
  readonly _tag: string
  readonly turn?: Seat
  readonly onUnavailable: string
  readonly verdict: { readonly decision: string } | null
  readonly principal: string
  readonly purpose: string
  readonly attempt: number
  readonly reserved: Written["reserved"]
  readonly certificate: Certificate
  readonly receipt: { readonly digest: string; readonly chars: number; readonly audit: string } | null
}
/** What a run says of the session it is a turn of. */
export interface Seat {
  readonly session: SessionId
  readonly index: number
  readonly step: number
  readonly mode: string
  readonly tokens: number
  readonly thresholds: {
    readonly stepCount: number | null
    readonly tokenBudget: number | null
    readonly audit: boolean
    readonly always: boolean
  }
  readonly expirySeconds: number | null
}
interface Gated {
  readonly threshold: string | null
  readonly digest: string | null
}
export interface Decided {
  readonly action: string
  readonly principal: string
  readonly by: string
  readonly sequence: number
}
interface Certificate {
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** The rows of one stream, chained. */
export abstract class Chain {
  readonly rows: Array<Row> = []
  #last: string
  #time = 0

  constructor(stream: string) {
    this.#last = sha256(`io3/ledger/v1\n${stream}`)
  }

  /** Takes a row in; says what is wrong with it. */
  add(row: Row): string | null {
    const { seq, at, payload, previous, hash } = row
    if (seq !== this.rows.length + 1) return "a row is out of order"
    if (previous !== this.#last || hash !== sha256(`${previous}\n${seq}\n${at}\n${payload}`)) {
      return "the chain is broken"
    }
    if (at < this.#time) return "time ran backwards"
    this.#last = hash
    this.#time = at
    this.rows.push(row)
    return this.read(row)
  }

  protected abstract read(row: Row): string | null
}

/** One run, as its rows have it. */
export class Page extends Chain {
  readonly calls: Array<Written> = []
  readonly endings: Array<string> = []
  principal = ""
  certificate: Certificate = { calls: 0, inputTokens: 0, outputTokens: 0 }
  receipt: Fields["receipt"] = null
  erased = false
  turn: Seat | null = null
  onUnavailable = ""
  /** How the answer came out of its audit. */
  audited = "none"
  gate: (Gated & { readonly seq: number; readonly at: number }) | null = null
  readonly decisions: Array<Decided> = []

  protected read({ at, seq, payload }: Row): string | null {
    if (this.endings.length > 0 && !payload.includes("RunErased")) return "a row after the ending"
    const event = JSON.parse(payload) as Fields
    switch (event._tag) {
      case "RunAccepted":
        this.principal = event.principal
        this.turn = event.turn ?? null
        this.onUnavailable = event.onUnavailable
        break
      case "AuditConcluded":
        this.audited = { pass: "pass", needs_work: "revised" }[event.verdict?.decision ?? ""] ?? "unaudited"
        break
      case "GateEvaluated": {
        const { threshold, digest } = event
        this.gate = { threshold, digest, seq, at }
        return threshold === this.fires ? null : `the gate says ${threshold}, and due is ${this.fires}`
      }
      case "StewardDecided":
        this.decisions.push(event)
        return this.decisions.length === 1 ? null : "it is decided twice"
      case "BoundsCertified":
        this.certificate = event.certificate
        break
      case "CallIntended": {
        const { purpose, attempt, reserved } = event
        this.calls.push({ purpose, attempt, reserved, at, settled: null })
        break
      }
      case "CallSettled": {
        const open = this.calls.find(({ settled }) => settled === null)
        if (open) open.settled = event
        break
      }
      case "Released":
        this.receipt = event.receipt
        this.endings.push(`Released ${event.receipt?.audit}`)
        break
      case "RunCancelled":
        this.receipt = event.receipt
        this.endings.push("RunCancelled")
        break
      case "RunRefused":
      case "RunFailed":
        this.receipt = event.receipt
        this.endings.push(`${event._tag} ${event.code}`)
        break
      case "RunErased":
        this.erased = true
    }
    return null
  }

  /** The threshold that has to fire, told anew here. */
  get fires(): string | null {
    if (this.turn?.mode !== "steward") return null
    const { step, tokens, thresholds } = this.turn
    const { stepCount, tokenBudget, audit, always } = thresholds
    if (stepCount !== null && step % stepCount === 0) return "step_count"
    if (tokenBudget !== null && tokens + this.tokens > tokenBudget) return "token_budget"
    const isUnaudited = this.audited === "unaudited"
    if (audit && (isUnaudited || this.audited === "revised")) return "audit"
    if (isUnaudited && this.onUnavailable === "hold") return "audit"
    return always ? "always" : null
  }

  get isHeld(): boolean {
    return this.gate !== null && this.gate.threshold !== null && this.decisions.length === 0
  }

  /** What its calls have cost by now. */
  get tokens(): number {
    return this.calls.reduce((sum, { reserved, settled }) => {
      if (settled !== null && settled.fallback !== null) return sum
      const read = settled?.inputTokens ?? reserved.inputTokens
      return sum + read + (settled?.outputTokens ?? reserved.outputTokens)
    }, 0)
  }

  /** What the run counts for: its worst case while it is open, afterwards what it has cost. */
  get cost(): { readonly calls: number; readonly tokens: number; readonly at: number } {
    const [first] = this.calls
    if (!first) return { calls: 0, tokens: 0, at: 0 }
    const { calls, inputTokens, outputTokens } = this.certificate
    if (this.endings.length === 0) return { calls, tokens: inputTokens + outputTokens, at: first.at }
    return { calls: this.calls.length, tokens: this.tokens, at: first.at }
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** All runs. */
export class Book {
  readonly pages = new Map<StreamId, Page>()

  page(stream: StreamId): Page {
    const page = this.pages.get(stream) ?? new Page(stream)
    this.pages.set(stream, page)
    return page
  }

  /** What a principal has spent and reserved, in slices from the one given on. */
  spent(principal: string, fromSlice: number): { readonly calls: number; readonly tokens: number } {
    let [calls, tokens] = [0, 0]
    for (const page of this.pages.values()) {
      const { cost } = page
      if (page.principal !== principal || Math.floor(cost.at / 300_000) < fromSlice) continue
      calls += cost.calls
      tokens += cost.tokens
    }
    return { calls, tokens }
  }
}
