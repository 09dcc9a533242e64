/** Owns what a user does with sessions, apart from asking: begins them, changes how they are governed, ends them. */
import { Cause, Effect, Exit } from "effect"
import { SessionErasure } from "../../src/core/session/SessionErasure.ts"
import { Sessions } from "../../src/core/session/Sessions.ts"
import { Content } from "../../src/domain/Content.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Principal, type SessionId } from "../../src/domain/Ids.ts"
import type { Oracle } from "./Oracle.ts"
import type { Core, Process, World } from "./World.ts"

/** So few that several processes meet in one. */
const MOST_SESSIONS = 2

const user = Principal.make("user")

export class Conversing {
  readonly #world: World
  readonly #oracle: Oracle

  constructor(world: World, oracle: Oracle) {
    this.#world = world
    this.#oracle = oracle
  }

  /** Some session; null where there is none yet. Those that are over are seldom met. */
  get some(): SessionId | null {
    const { chance } = this.#world
    const all = [...this.#oracle.sittings.minutes.values()]
    const open = chance.percent(90)
      ? all.filter(({ status }) => status === "active" || status === "paused")
      : all
    return open[chance.below(open.length)]?.session ?? null
  }

  /** One that could have a turn now. */
  get idle(): SessionId | null {
    const all = [...this.#oracle.sittings.minutes.values()]
    return all.find(({ status, open }) => status === "active" && open === null)?.session ?? null
  }

  get mayStart(): boolean {
    const over = [...this.#oracle.sittings.minutes.values()].filter(({ isClosed }) => isClosed).length
    return this.#oracle.sittings.minutes.size - over < MOST_SESSIONS
  }

  start(process: Process): void {
    const { chance } = this.#world
    const start = Sessions.begin(chance.percent(75) ? "steward" : "work", {
      audit: chance.percent(15),
      principal: user,
      title: chance.percent(20) ? Content.of("a title") : null
    })
    this.#does(
      process,
      Sessions.use((sessions) => sessions.start(start))
    )
  }

  changeMode(process: Process): void {
    const session = this.some
    if (session === null) return
    const mode = this.#oracle.sittings.minutes.get(session)?.mode === "work" ? "steward" : "work"
    this.#does(
      process,
      Sessions.use((sessions) => sessions.changeMode(session, mode, user))
    )
  }

  close(process: Process): void {
    const session = this.some
    if (session === null) return
    this.#does(
      process,
      Sessions.use((sessions) => sessions.close(session, user))
    )
  }

  erase(process: Process): void {
    const session = this.some
    if (session === null) return
    this.#does(
      process,
      SessionErasure.use((erasure) => erasure.erase(session, user)),
      () => this.#oracle.sittings.erased(session)
    )
  }

  #does<A>(
    process: Process,
    effect: Effect.Effect<A, RuntimeFailure, Core>,
    done: (value: A) => void = () => {}
  ): void {
    this.#world.start(process, effect).addObserver((exit) => {
      if (Exit.isSuccess(exit)) return done(exit.value)
      this.#oracle.must(!Cause.hasDies(exit.cause), `a defect: ${Cause.pretty(exit.cause)}`)
    })
  }
}
