/** Owns what must always be so: it watches every commit, call and answer of a world, and says what should not have been. */
import { Effect, Exit, Option, Result } from "effect"
import { decode, type Row } from "../../src/domain/ledger/Ledger.ts"
import { total } from "../../src/domain/run/Budget.ts"
import type { RunEvent } from "../../src/domain/Event.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { ContentId, Principal, StreamId } from "../../src/domain/Ids.ts"
import { next } from "../../src/domain/run/Run.ts"
import { replay } from "../../src/domain/run/Evolution.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import type { Commit, Committed } from "../../src/ports/Journal.ts"
import { Book, type Page } from "./Book.ts"
import { Sittings } from "./Sittings.ts"
import {
  decided,
  type Expected,
  expected,
  type Made,
  nameOf,
  type Request,
  type Rules,
  type Told
} from "./Model.ts"
import type { Plan, Received } from "./Models.ts"
import { draw } from "./Models.ts"
import { digestOf, unsealed } from "./Vault.ts"
import type { Process, World } from "./World.ts"

export const principals = ["one", "two"] as const

/** Where a request's run is before there is one. */
const nowhere = StreamId.make("run/nowhere")

export class Oracle {
  readonly requests: Array<Request> = []
  readonly made: Array<Made & { readonly request: Request }> = []
  readonly book = new Book()
  readonly sittings: Sittings
  readonly trace: Array<string> = []
  readonly wrong: Array<string> = []
  readonly #rules: Rules
  readonly #budgets: Settings["runtime"]["budgets"]
  #world: World | null = null

  constructor(rules: Rules, budgets: Settings["runtime"]["budgets"]) {
    this.#rules = rules
    this.#budgets = budgets
    this.sittings = new Sittings(this, rules)
  }

  get rules(): Rules {
    return this.#rules
  }

  over(world: World): void {
    this.#world = world
  }

  note(what: string): void {
    this.trace.push(what)
  }

  must(holds: boolean, what: string): void {
    if (!holds) this.wrong.push(what)
  }

  get there(): World {
    if (!this.#world) throw new TypeError("there is no world yet")
    return this.#world
  }

  /** What the store would answer at this very moment. */
  #now<A>(effect: Effect.Effect<A, RuntimeFailure>): A {
    return Effect.runSync(effect)
  }

  disturbed({ host }: Process, how: string): void {
    this.note(`${host.name}: ${how}`)
    for (const one of [...this.requests, ...this.sittings.wishes]) {
      if (one.process === host.name && one.told === null) one.disturbed = true
    }
  }

  committed(process: Process, commit: Commit, exit: Exit.Exit<Committed, RuntimeFailure>): void {
    const streams = commit.appends.map(({ stream, expected, events }) => {
      return `${stream.slice(-4)}@${expected} ${events.map(({ _tag }) => _tag).join("+")}`
    })
    const code = Option.map(Exit.findErrorOption(exit), ({ code }) => code)
    this.note(`${process.host.name} commits ${streams.join(", ")}: ${Option.getOrElse(code, () => "ok")}`)
    for (const { stream, sealed } of commit.appends) {
      const prompt = sealed.find(({ id }) => id === "prompt")
      const request = prompt && this.requestIn(unsealed(prompt.bytes))
      if (!request) continue
      // Nothing came of an attempt in a session that has moved: the next one has another run.
      if (request.stream === null || !this.book.pages.has(request.stream)) request.stream = stream
      if (Option.contains(code, "BUDGET_EXCEEDED")) request.overBudget = true
    }
    if (Exit.isFailure(exit)) return
    for (const { stream } of commit.appends) this.read(stream)
    for (const { stream } of commit.appends) this.sittings.read(stream)
    const { reserve } = commit
    if (reserve && this.#budgets) {
      const { window_hours, calls = Infinity, tokens = Infinity } = this.#budgets
      const from = Math.floor((exit.value.at - window_hours * 3_600_000) / 300_000)
      const spent = this.book.spent(reserve.principal, from)
      this.must(spent.calls <= calls && spent.tokens <= tokens, "a budget is overshot")
    }
  }

  read(stream: StreamId): void {
    if (!stream.startsWith("run/")) return
    const page = this.book.page(stream)
    for (const row of this.rowsOf(stream, page.rows.length)) {
      const wrong = page.add(row)
      this.must(wrong === null, `${stream}: ${wrong}`)
      this.sittings.at(row)
    }
  }

  rowsOf(stream: StreamId, after: number): ReadonlyArray<Row> {
    return this.#now(this.there.store.read(stream, after))
  }

  hasKey(stream: StreamId): boolean {
    return Option.isSome(this.#now(this.there.store.key(stream)))
  }

  /** A model is called: there has to be a reason on record. */
  asked({ host }: Process, received: Received): Plan {
    const request = this.requestIn(received.sent.join("\n"))
    const name = nameOf(received)
    this.note(`${host.name} calls ${received.provider} for ${name} of ${request?.number}`)
    const { chance } = this.there
    const read = Math.ceil(Buffer.byteLength(received.sent.join("")) / 4)
    const plan = draw(
      chance,
      received.purpose,
      `${request?.number}-${name}`,
      Math.min(read, received.mayRead)
    )
    if (!request) {
      this.wrong.push("a call for nobody")
      return plan
    }
    const page = this.book.page(request.stream ?? nowhere)
    const intended = page.calls.find((call) => nameOf(call) === name)
    this.must(intended !== undefined, `a call without a durable intent: ${name} of ${request.number}`)
    this.must(intended?.settled === null || request.disturbed, `a call after its settlement: ${name}`)
    const before = this.made.filter((made) => made.request === request)
    this.must(
      !before.some((made) => nameOf(made) === name),
      `a call is repeated: ${name} of ${request.number}`
    )
    this.must(before.length < page.certificate.calls, "more calls than certified")
    this.made.push({ ...received, plan, request })
    this.sittings.asked(request, received)
    return plan
  }

  /** Whatever came before it, the last prompt is the one that is asked. */
  requestIn(text: string): Request | undefined {
    const number = [...text.matchAll(/«(\d+)»/gu)].at(-1)?.[1]
    return number === undefined ? undefined : this.requests[Number(number)]
  }

  took(request: Request, text: string): void {
    request.taken.push(text)
    this.must(!request.audit, "a piece of an audited answer has left before its verdict")
    this.sittings.leaves(text)
  }

  told(request: Request, told: Told): void {
    request.told = told
    const code = told._tag === "Failed" ? ` ${told.code}` : ""
    this.note(`${request.process} tells ${request.number}: ${told._tag}${code}`)
    this.must(told._tag !== "Defect", `a defect: ${told._tag === "Defect" ? told.what : ""}`)
    if (told._tag !== "Held" && told._tag !== "Released") return
    const page = this.book.page(request.stream ?? nowhere)
    if (told._tag === "Held") this.must(page.gate?.threshold !== null, "a pause that is not in the ledger")
    if (told._tag !== "Released") return
    this.sittings.leaves(told.text)
    this.must(page.endings[0]?.startsWith("Released") === true, "a release that is not in the ledger")
    this.must(page.receipt?.digest === told.receipt.digest, "a receipt that is not in the ledger")
  }

  /** Somebody was told that a run's texts are gone. */
  erased(stream: StreamId): void {
    this.note(`${stream.slice(-4)} is erased`)
    const { store } = this.there
    const left = ["prompt", "draft.1", "draft.2", "audit.1", "revision.1", "edit"].filter((id) =>
      Option.isSome(this.#now(store.sealed(stream, ContentId.make(id))))
    )
    this.must(
      left.length === 0 && Option.isNone(this.#now(store.key(stream))),
      `${stream} is erased and has texts`
    )
    this.must(this.book.page(stream).endings.length === 1, `${stream} is erased and goes on`)
    this.must(this.book.page(stream).erased, `${stream} is erased without a record of it`)
  }

  /** What must be so between any two steps. */
  always(): void {
    const spending = this.#now(this.there.store.spending(0))
    for (const name of principals) {
      const counted = total(spending, Principal.make(name))
      const { calls, tokens } = this.book.spent(name, 0)
      this.must(
        counted.calls === calls && counted.tokens === tokens,
        `what ${name} has spent: ${counted.calls} calls, ${counted.tokens} tokens; by the rows ${calls}, ${tokens}`
      )
    }
  }

  /** What must be so when everything is over. */
  finally(): void {
    this.always()
    this.sittings.finally()
    for (const request of this.requests) {
      const page = request.stream === null ? null : this.book.page(request.stream)
      if (page && page.rows.length > 0) this.#settled(request, page)
      else this.must(request.told?._tag !== "Released", "a release without a run")
      this.must(request.told !== null || request.disturbed, `nobody told ${request.number} anything`)
    }
    const known = new Set(this.requests.map(({ stream }) => stream))
    for (const stream of this.book.pages.keys()) this.must(known.has(stream), `a run for nobody: ${stream}`)
  }

  #settled(request: Request, page: Page): void {
    const made = this.made.filter((made) => made.request === request)
    const lost = (name: string) => {
      const settled = page.calls.find((call) => nameOf(call) === name)?.settled
      return request.disturbed && settled && settled.outcome !== "ok" ? "indeterminate" : null
    }
    const isSteward = page.turn?.mode === "steward"
    const answer = expected(request, made, this.#rules, lost, isSteward)
    const [decision] = page.decisions
    const wanted = decision ? decided(answer, decision, this.sittings.editedBy(decision)) : answer
    const who = `run ${request.number}`
    if (page.isHeld) {
      this.must(page.endings.length === 0, `${who} ended undecided`)
      this.must(answer.ending.startsWith("Released"), `${who} is held, and should be ${answer.ending}`)
      this.must(page.receipt === null, `${who} is held and has a receipt`)
      this.#folds(request, page)
      this.#calls(request, page, answer)
      return
    }
    this.must(page.endings.length === 1, `${who} has ${page.endings.length} endings`)
    const ending = page.endings[0] ?? ""
    if (!request.disturbed && !request.slow) {
      this.must(ending === wanted.ending, `${who} ended as ${ending}, not as ${wanted.ending}`)
      this.must(page.calls.length === wanted.calls.length, `${who} has other calls than the model`)
    }
    if (ending.startsWith("Released")) {
      this.must(ending === wanted.ending, `${who} was released as ${ending}, not as ${wanted.ending}`)
      this.#released(request, page, wanted)
    }
    this.#folds(request, page)
    this.#calls(request, page, wanted)
    this.#told(request, page, wanted)
    this.#taken(request, page, made)
  }

  #released({ stream, number }: Request, page: Page, { text, calls }: Expected): void {
    const id =
      calls.findLast(({ name }) =>
        name.startsWith(page.endings[0] === "Released revised" ? "revision" : "draft")
      )?.name ?? ""
    const isEdited = page.decisions[0]?.action === "edit"
    const digest = digestOf(stream ?? "", isEdited ? "edit" : id, text ?? "")
    this.must(page.receipt?.digest === digest, `run ${number} has a receipt over another text`)
  }

  /** The law's own fold of the rows agrees with what the rows say. */
  #folds({ number }: Request, page: Page): void {
    const events = page.rows.flatMap(({ payload }) =>
      Option.toArray(decode(payload))
    ) as ReadonlyArray<RunEvent>
    const state = Result.getOrNull(replay(events))
    const settled = (calls: ReadonlyArray<{ readonly settled: { readonly outcome: string } | null }>) =>
      calls.map((call) => call.settled?.outcome).join()
    this.must(
      state !== null &&
        next(state)._tag === (page.isHeld ? "Decide" : "Done") &&
        settled(state.calls) === settled(page.calls),
      `run ${number} does not fold to what its rows say`
    )
  }

  #calls({ stream, number, disturbed }: Request, page: Page, wanted: Expected): void {
    for (const call of page.calls) {
      const name = nameOf(call)
      const { settled } = call
      this.must(settled !== null, `${name} of ${number} was never settled`)
      if (!settled || (disturbed && settled.outcome !== "ok")) continue
      const outcome = wanted.calls.find((other) => other.name === name)?.outcome
      if (settled.outcome !== "ok") continue
      const text = outcome?.text ?? ""
      const digest = text === "" ? null : digestOf(stream ?? "", name, text)
      this.must(
        outcome?.outcome === "ok" &&
          settled.digest === digest &&
          settled.inputTokens === outcome.read &&
          settled.outputTokens === outcome.written,
        `${name} of ${number} is not recorded as it was`
      )
      if (page.erased || text === "") continue
      const sealed = this.#now(this.there.store.sealed(stream as StreamId, ContentId.make(name)))
      this.must(
        Option.exists(sealed, ({ bytes }) => unsealed(bytes) === text),
        `${name} of ${number} is not sealed as it was said`
      )
    }
  }

  #told({ told, number, disturbed, slow }: Request, page: Page, { ending, text }: Expected): void {
    const recorded = page.endings[0] ?? ""
    if (told?._tag === "Released") {
      this.must(told.text === text, `run ${number} was answered with another text than was said`)
    }
    if (told?._tag === "Failed" && !disturbed && !slow) {
      this.must(ending.endsWith(` ${told.code}`), `run ${number} was told ${told.code}, not ${ending}`)
    }
    if (recorded.startsWith("Released")) {
      const isTold = told?._tag === (page.decisions.length > 0 ? "Held" : "Released")
      this.must(isTold || disturbed, `run ${number} was released and nobody was told`)
    }
  }

  /** Whether nothing could have asked a steward, so that pieces leave as they come. */
  #streams({ turn, certificate: { inputTokens, outputTokens } }: Page): boolean {
    if (turn?.mode !== "steward") return true
    const { stepCount, tokenBudget, always } = turn.thresholds
    const most = turn.tokens + inputTokens + outputTokens
    return (
      !always &&
      (stepCount === null || turn.step % stepCount !== 0) &&
      (tokenBudget === null || most <= tokenBudget)
    )
  }

  /** What was taken has a receipt over it, and a receipt is over what was taken, unless somebody died in between. */
  #taken(request: Request, page: Page, made: ReadonlyArray<Made>): void {
    const { stream, taken, style, number, told, disturbed, slow } = request
    const text = taken.join("")
    const name = page.calls.findLast(({ purpose }) => purpose === "draft")
    const said =
      made
        .find((call) => name && nameOf(call) === nameOf(name))
        ?.plan.pieces.join("")
        .trim() ?? ""
    if (page.receipt === null) {
      this.must(text === "" || disturbed, `run ${number} let text out without a receipt`)
    } else if (page.endings[0]?.startsWith("Released")) {
      this.must(said.startsWith(text), `run ${number} let out another text than it released`)
      const isWhole = told?._tag === "Released" && style !== "whole" && !request.audit && this.#streams(page)
      this.must(!isWhole || text === said, `run ${number} let out less than it released`)
    } else {
      const left = [...said].slice(0, page.receipt.chars).join("")
      const digest = digestOf(stream ?? nowhere, name ? nameOf(name) : "", left)
      this.must(page.receipt.digest === digest, `run ${number} has a receipt over what was not said`)
      this.must(left.startsWith(text), `run ${number} let out more than its receipt is over`)
      this.must(
        left === text || disturbed || slow || style === "frames",
        `run ${number} has a receipt over more`
      )
    }
  }
}
