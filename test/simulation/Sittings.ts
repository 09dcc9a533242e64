/** Owns what must always be so of sessions and of those who decide what leaves them, as seen from outside. */
import { type RunId, runStream, type SessionId, sessionStream, type StreamId } from "../../src/domain/Ids.ts"
import type { Row } from "../../src/domain/ledger/Ledger.ts"
import type { Action } from "../../src/domain/session/Turn.ts"
import type { Decided, Page } from "./Book.ts"
import { besideOf, Minutes } from "./Minutes.ts"
import type { Request, Rules } from "./Model.ts"
import { outcomeOf, type Received } from "./Models.ts"
import type { Oracle } from "./Oracle.ts"

/** Somebody's wish to decide a held turn, and what they were told of it. */
export interface Wish {
  readonly number: number
  readonly process: string
  readonly run: RunId
  readonly action: Action
  /** The steward's own text; null but for an edit. */
  readonly text: string | null
  /** Whether it is about something else than what waits. */
  readonly isStale: boolean
  disturbed: boolean
  told: Heard | null
}

export type Heard =
  | { readonly _tag: "Decided"; readonly released: string | null }
  | { readonly _tag: "Failed"; readonly code: string; readonly winner: string | null }
  | { readonly _tag: "Interrupted" }

/** By this name a decision is found again. */
export const stewardOf = (number: number): string => `steward-${number}`

export class Sittings {
  readonly minutes = new Map<SessionId, Minutes>()
  readonly wishes: Array<Wish> = []
  readonly #oracle: Oracle
  readonly #rules: Rules
  readonly #rows = new Map<number, Row>()

  constructor(oracle: Oracle, rules: Rules) {
    this.#oracle = oracle
    this.#rules = rules
  }

  #must(holds: boolean, what: string): void {
    this.#oracle.must(holds, what)
  }

  get chains(): ReadonlyArray<readonly [StreamId, Minutes]> {
    return [...this.minutes].map(([session, minutes]) => [sessionStream(session), minutes])
  }

  pageOf(run: RunId): Page {
    return this.#oracle.book.page(runStream(run))
  }

  /** The held turns that nobody has decided. */
  get waiting(): ReadonlyArray<RunId> {
    return this.#gated(({ isHeld }) => isHeld)
  }

  get decided(): ReadonlyArray<RunId> {
    return this.#gated(({ decisions }) => decisions.length > 0)
  }

  #gated(is: (page: Page) => boolean): ReadonlyArray<RunId> {
    return [...this.#oracle.book.pages].flatMap(([stream, page]) =>
      is(page) ? [stream.slice("run/".length) as RunId] : []
    )
  }

  at(row: Row): void {
    this.#rows.set(row.position, row)
    if (!row.payload.includes('"StewardDecided"')) return
    const { gate, turn, decisions } = this.#oracle.book.page(row.stream)
    const decision = decisions.at(-1)
    if (!decision) return
    this.#must(decision.sequence === gate?.seq, "a decision that is about no row that holds")
    if (decision.by !== "deadline") return
    const due = turn?.expirySeconds == null ? Infinity : (gate?.at ?? 0) + turn.expirySeconds * 1000
    this.#must(row.at >= due, "a deadline that has not come")
  }

  /** Takes in what is new of a session. Its runs' rows are known by then. */
  read(stream: StreamId): void {
    if (!stream.startsWith("session/")) return
    const session = stream.slice("session/".length) as SessionId
    const minutes = this.minutes.get(session) ?? new Minutes(session, (run) => this.pageOf(run))
    this.minutes.set(session, minutes)
    for (const row of this.#oracle.rowsOf(stream, minutes.rows.length)) {
      this.at(row)
      const beside = besideOf(row)
      if (beside) this.#oracle.read(runStream(beside.run))
      const other = beside && this.#rows.get(beside.at)
      const stands =
        other?.stream === (beside && runStream(beside.run)) && beside?.tags.test(other?.payload ?? "")
      this.#must(
        beside === null || stands === true,
        `${stream.slice(-4)}: nothing of its run stands beside ${row.seq}`
      )
      const wrong = minutes.add(row)
      this.#must(wrong === null, `${stream}: ${wrong}`)
      if (row.payload.includes('"TurnHeld"')) this.#held(row)
    }
  }

  #held({ payload }: Row): void {
    const { run } = JSON.parse(payload) as { readonly run: RunId }
    const request = this.#requestOf(run)
    this.#must(request?.taken.length === 0, "pieces of an answer have left that is held")
  }

  #requestOf(run: RunId): Request | undefined {
    return this.#oracle.requests.find(({ stream }) => stream === runStream(run))
  }

  /** Something is handed out: it is nothing that waits. */
  leaves(text: string): void {
    for (const run of this.waiting) {
      const number = this.#requestOf(run)?.number
      const isIn = new RegExp(`(?<!\\d)${number}-(draft|revision)\\.`, "u").test(text)
      this.#must(!isIn, `what ${number} holds has left`)
    }
  }

  /** A model is called: what it is sent of the session is what was let out before, the newest, each whole. */
  asked(request: Request, { purpose, sent, roles }: Received): void {
    if (purpose === "audit") return
    const past = sent.slice(1, -1)
    if (request.session === null)
      return this.#must(past.length === 0, "a run without a session has a history")
    if (purpose === "revision") {
      const draft = this.#oracle.made.find((made) => made.request === request && made.purpose === "draft")
      return this.#must(
        draft?.sent.slice(1, -1).join("\n") === past.join("\n"),
        "a revision has another history"
      )
    }
    this.#must(
      roles.slice(1, -1).every((role, at) => role === (at % 2 === 0 ? "user" : "assistant")),
      "a history in other roles"
    )
    const run = request.stream?.slice("run/".length) as RunId
    const before = this.minutes.get(request.session)?.begun.get(run) ?? []
    let [at, chars] = [past.length, 0]
    const room = Math.min(
      this.#rules.historyLimit,
      this.#rules.contextLimit - lengthOf(sent[0]) - lengthOf(sent.at(-1))
    )
    for (const earlier of before.toReversed()) {
      const [prompt, answer] = this.#exchange(earlier)
      const size = lengthOf(prompt) + lengthOf(answer)
      if (at >= 2 && past[at - 2] === prompt && past[at - 1] === answer) {
        at -= 2
        chars += size
      } else if (!this.pageOf(earlier).erased) {
        this.#must(
          at === 0 && chars + size > room,
          `the history of ${request.number} is not what was let out`
        )
        break
      }
    }
    this.#must(at === 0 && chars <= room, `the history of ${request.number} has something else`)
  }

  #exchange(run: RunId): readonly [string, string] {
    const request = this.#requestOf(run)
    const file = request?.file == null ? "" : `[Attached text]\n---\n${request.file}\n---\n\n`
    return [`${file}${request?.prompt}`, this.leavingOf(run)]
  }

  /** What has left of a run, or would. */
  leavingOf(run: RunId): string {
    const { decisions, audited } = this.pageOf(run)
    const edited = decisions[0] && this.editedBy(decisions[0])
    if (edited != null) return edited
    const request = this.#requestOf(run)
    const made = this.#oracle.made.findLast(
      (one) => one.request === request && one.purpose === (audited === "revised" ? "revision" : "draft")
    )
    return made ? outcomeOf(made.plan, made.sent, made.mayRead).text : ""
  }

  editedBy({ action, principal }: Decided): string | null {
    return action === "edit"
      ? (this.wishes.find(({ number }) => stewardOf(number) === principal)?.text ?? "")
      : null
  }

  heard(wish: Wish, told: Heard): void {
    wish.told = told
    const { number, run, action, isStale, disturbed } = wish
    const what = told._tag === "Failed" ? `${told.code} ${told.winner ?? ""}` : told._tag
    this.#oracle.note(`steward ${number} hears of ${run.slice(-4)}: ${what}`)
    const [decision] = this.pageOf(run).decisions
    const isOurs = decision?.principal === stewardOf(number)
    switch (told._tag) {
      case "Decided":
        this.#must(isOurs && !isStale, `steward ${number} has decided, and the ledger does not say so`)
        this.#must(decision?.action === action, `steward ${number} has decided otherwise`)
        if (told.released !== null) {
          this.#oracle.sittings.leaves(told.released)
          this.#must(told.released === this.leavingOf(run), `steward ${number} has let out another text`)
        }
        return
      case "Failed":
        this.#must(!isOurs || disturbed, `steward ${number} has decided, and is told ${told.code}`)
        if (told.code === "STEWARD_DECIDED") {
          this.#must(told.winner === decision?.action, `steward ${number} is told another winner`)
        }
        if (told.code === "STEWARD_STALE") this.#must(isStale, `steward ${number} is not stale`)
        this.#must(told.code !== "STEWARD_NOT_PENDING", `steward ${number} is told that nothing was held`)
        return
      case "Interrupted":
    }
  }

  /** Somebody was told that a session's texts are gone. */
  erased(session: SessionId): void {
    const minutes = this.minutes.get(session)
    this.#must(minutes?.erased === true, "a session is erased without a record of it")
    this.#must(!this.#oracle.hasKey(sessionStream(session)), "a session is erased and has texts")
    for (const run of minutes?.begun.keys() ?? []) this.#oracle.erased(runStream(run))
  }

  /** After a recovery that nothing happens to, nobody's turn runs; what is held still is. */
  finally(): void {
    for (const [stream, page] of this.#oracle.book.pages) {
      const run = stream.slice("run/".length) as RunId
      const session = page.turn && this.minutes.get(page.turn.session)
      this.#must(
        page.turn === null || session?.begun.has(run) === true,
        `${stream} is a turn that never began`
      )
      if (page.isHeld)
        this.#must(session?.open?.run === run, `${stream} is held, and its session does not wait`)
    }
    for (const [session, { open }] of this.minutes) {
      this.#must(open === null || open.threshold !== null, `a turn of ${session} runs without an owner`)
      this.#must(open === null || this.pageOf(open.run).isHeld, `a turn of ${session} is held that is not`)
    }
    for (const { told, number, disturbed } of this.wishes) {
      this.#must(told !== null || disturbed, `nobody told steward ${number} anything`)
    }
  }
}

/** In code points. */
const lengthOf = (text: string | undefined): number => [...(text ?? "")].length
