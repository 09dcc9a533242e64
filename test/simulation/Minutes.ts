/** Owns a session as the world sees it: its rows as they became durable, and where it stands after them, counted anew. */
import { isDeepStrictEqual } from "node:util"
import type { RunId, SessionId } from "../../src/domain/Ids.ts"
import type { Row } from "../../src/domain/ledger/Ledger.ts"
import { Chain, type Page, type Seat } from "./Book.ts"

interface Open {
  readonly run: RunId
  readonly index: number
  readonly threshold: string | null
}
interface After {
  readonly mode: string
  readonly status: string
  readonly turns: number
  readonly steps: number
  readonly answers: number
  readonly tokens: number
  readonly maxTurns: number
  readonly open: Open | null
  readonly title: string | null
  readonly erased: boolean
}
interface Fields {
  readonly _tag: string
  readonly audit: boolean
  readonly terms: { readonly maxTurns: number }
  readonly mode: string
  readonly content: string
  readonly run: RunId
  readonly index: number
  readonly threshold: string | null
  readonly tokens: number
  readonly turn: Seat
  readonly after: After
}

export class Minutes extends Chain {
  readonly session: SessionId
  audit = false
  mode = ""
  /** Every turn that was begun, with those before it that had let an answer out. */
  readonly begun = new Map<RunId, ReadonlyArray<RunId>>()
  readonly answered: Array<RunId> = []
  steps = 0
  open: Open | null = null
  isClosed = false
  erased = false
  #maxTurns = 0
  #tokens = 0
  #title: string | null = null
  readonly #page: (run: RunId) => Page

  constructor(session: SessionId, page: (run: RunId) => Page) {
    super(`session/${session}`)
    this.session = session
    this.#page = page
  }

  get status(): string {
    if (this.isClosed) return "closed"
    if (this.open) return this.open.threshold === null ? "active" : "paused"
    return this.steps >= this.#maxTurns ? "at_limit" : "active"
  }

  protected read({ payload }: Row): string | null {
    const event = JSON.parse(payload) as Fields
    const wrong = this.#happens(event)
    if (wrong !== null) return wrong
    const wanted: After = {
      mode: this.mode,
      status: this.status,
      turns: this.begun.size,
      steps: this.steps,
      answers: this.answered.length,
      tokens: this.#tokens,
      maxTurns: this.#maxTurns,
      open: this.open,
      title: this.#title,
      erased: this.erased
    }
    return isDeepStrictEqual(event.after, wanted)
      ? null
      : `it stands elsewhere after ${event._tag} than was counted`
  }

  #happens(event: Fields): string | null {
    const { run, index, threshold } = event
    switch (event._tag) {
      case "SessionStarted":
        this.audit = event.audit
        this.mode = event.after.mode
        this.#maxTurns = event.terms.maxTurns
        return null
      case "SessionModeChanged":
        this.mode = event.mode
        return this.isClosed ? "it is closed, and changes" : null
      case "SessionTitled":
        this.#title = event.content
        return null
      case "TurnStarted":
        return this.#begins(event)
      case "TurnHeld":
        if (this.open?.run !== run || this.open.threshold !== null) return "a turn is held that does not run"
        if (this.#page(run).gate?.threshold !== threshold) return "a turn is held that no gate has held"
        this.open = { run, index, threshold }
        return null
      case "TurnEnded":
        return this.#ends(event)
      case "SessionClosed":
        if (this.open) return "it closes over a turn"
        this.isClosed = true
        return null
      case "SessionErased":
        this.erased = true
        this.#title = null
        return this.isClosed ? null : "it is erased and not closed"
      default:
        return "a row that is not a session's"
    }
  }

  #begins({ run, turn }: Fields): string | null {
    const { index, step, tokens, mode } = turn
    if (this.open) return "two of its turns are open"
    if (this.status !== "active") return `a turn begins while it is ${this.status}`
    if (index !== this.begun.size || step !== this.steps + 1 || tokens !== this.#tokens || mode !== this.mode)
      return "a turn begins elsewhere than where it stands"
    this.begun.set(run, [...this.answered])
    this.open = { run, index, threshold: null }
    return null
  }

  #ends({ run, tokens }: Fields): string | null {
    const page = this.#page(run)
    const ending = page.endings[0] ?? ""
    if (this.open?.run !== run) return "a turn ends that is not open"
    if (this.open.threshold !== null && page.decisions.length === 0) return "a held turn ends undecided"
    if (tokens !== page.tokens) return "a turn has another cost than its run"
    const isReleased = ending.startsWith("Released")
    this.open = null
    this.#tokens += tokens
    if (isReleased || ending.includes("STEWARD_")) this.steps += 1
    if (isReleased) this.answered.push(run)
    return null
  }
}

/** In which row beside it a run says what its session says; null where no run has to do with it. */
export const besideOf = (
  row: Row
): { readonly run: RunId; readonly at: number; readonly tags: RegExp } | null => {
  const { _tag, run } = JSON.parse(row.payload) as Fields
  switch (_tag) {
    case "TurnStarted":
      return { run, at: row.position + 1, tags: /"RunAccepted"/u }
    case "TurnHeld":
      return { run, at: row.position - 1, tags: /"GateEvaluated"/u }
    case "TurnEnded":
      return { run, at: row.position - 1, tags: /"(Released|RunRefused|RunFailed|RunCancelled)"/u }
    default:
      return null
  }
}
