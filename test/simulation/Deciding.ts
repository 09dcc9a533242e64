/** Owns stewards: they look at what is held, and decide about it, sometimes too late, about something else, or at once. */
import { Cause, Effect, Exit, Option } from "effect"
import {
  type Decided,
  type Identity,
  type Shown,
  Steward,
  type Wish as Wanted
} from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import { type RuntimeFailure } from "../../src/domain/Failure.ts"
import { Digest, Principal, type RunId } from "../../src/domain/Ids.ts"
import { askedBy, type Asking, restOf } from "./Asking.ts"
import type { Request, Told } from "./Model.ts"
import type { Oracle } from "./Oracle.ts"
import { type Heard, stewardOf, type Wish } from "./Sittings.ts"
import type { Process, World } from "./World.ts"

export class Deciding {
  readonly #world: World
  readonly #oracle: Oracle
  readonly #asking: Asking

  constructor(world: World, oracle: Oracle, asking: Asking) {
    this.#world = world
    this.#oracle = oracle
    this.#asking = asking
  }

  get #some(): RunId | null {
    const { chance } = this.#world
    const { sittings } = this.#oracle
    const from = chance.percent(90) ? sittings.waiting : sittings.decided
    return from[chance.below(from.length)] ?? null
  }

  look(process: Process): void {
    const run = this.#some
    if (run === null || this.#world.chance.percent(25)) {
      this.#world.start(process, Effect.ignore(Steward.use(({ pending }) => pending)))
      return
    }
    const shown = Steward.use((steward) => steward.show(run, Principal.make("onlooker")))
    this.#world.start(process, shown).addObserver((exit) => {
      if (Exit.isFailure(exit)) {
        return this.#oracle.must(!Cause.hasDies(exit.cause), `a defect: ${Cause.pretty(exit.cause)}`)
      }
      const { pending, text } = exit.value
      const { gate, decisions } = this.#oracle.sittings.pageOf(run)
      const isAsDecided = decisions.every(({ action }) => action !== "edit")
      this.#oracle.must(
        !isAsDecided || text.text === this.#oracle.sittings.leavingOf(run),
        "a steward is shown another text than is held"
      )
      this.#oracle.must(pending.digest === gate?.digest, "a steward is shown another digest than is held")
    })
  }

  /** Now and then two at once, from wherever. */
  decide(process: Process): void {
    const { chance, living } = this.#world
    const run = this.#some
    if (run === null) return
    this.#wish(process, run)
    if (chance.percent(35)) this.#wish(living[chance.below(living.length)] ?? process, run)
  }

  #wish(process: Process, run: RunId): void {
    const { chance } = this.#world
    const { sittings } = this.#oracle
    const number = sittings.wishes.length
    const action = chance.weighted({ approve: 40, edit: 18, redirect: 20, reject: 17, close: 5 })
    const isStale = chance.percent(12)
    const wish: Wish = {
      number,
      process: process.host.name,
      run,
      action,
      text: action === "edit" ? `edited by ${number}` : null,
      isStale,
      disturbed: false,
      told: null
    }
    sittings.wishes.push(wish)
    this.#oracle.note(
      `${wish.process}: steward ${number} wants to ${action} ${run.slice(-4)}${isStale ? ", stale" : ""}`
    )
    const { gate, turn } = sittings.pageOf(run)
    if (!gate?.digest || !turn) return
    const isOther = isStale && chance.percent(50)
    const by: Identity & Shown & Pick<Wanted, "turn" | "reason"> = {
      turn: run,
      principal: Principal.make(stewardOf(number)),
      by: chance.pick(["person", "service"]),
      reason: "other",
      digest: Digest.make(isOther ? "0".repeat(64) : gate.digest),
      sequence: isStale && !isOther ? gate.seq + 1 : gate.seq
    }
    const request = action === "redirect" ? this.#asking.draw(process, turn.session, true) : null
    const wanted = wantedOf(by, wish, request)
    this.#world
      .start(
        process,
        Steward.use((steward) => steward.decide(wanted))
      )
      .addObserver((exit) => {
        this.#oracle.must(Exit.isSuccess(exit) || !Cause.hasDies(exit.cause), "a decision is a defect")
        sittings.heard(wish, this.#heardOf(exit))
        if (request) this.#oracle.told(request, this.#nextOf(exit))
      })
  }

  #heardOf(exit: Exit.Exit<Decided, RuntimeFailure>): Heard {
    if (Exit.isSuccess(exit)) return { _tag: "Decided", released: exit.value.released?.text ?? null }
    const reason = Option.getOrNull(Exit.findErrorOption(exit))
    return reason
      ? { _tag: "Failed", code: reason.code, winner: reason.decided ?? null }
      : { _tag: "Interrupted" }
  }

  #nextOf(exit: Exit.Exit<Decided, RuntimeFailure>): Told {
    const next = Exit.isSuccess(exit) ? exit.value.next : Option.getOrNull(Exit.findErrorOption(exit))
    if (next === null) return { _tag: "Interrupted" }
    return "rest" in next ? restOf(next.rest, this.#world.bugs) : { _tag: "Failed", code: next.code }
  }
}

const wantedOf = (
  by: Identity & Shown & Pick<Wanted, "turn" | "reason">,
  { action, text }: Wish,
  request: Request | null
): Wanted => {
  switch (action) {
    case "edit":
      return { ...by, action, text: Content.of(text ?? "") }
    case "redirect":
      if (request === null) throw new TypeError("a redirection asks something")
      return { ...by, action, request: askedBy(request) }
    default:
      return { ...by, action }
  }
}
