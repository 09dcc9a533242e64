/** Owns one simulated life of an installation: chance asks, cancels, kills and recovers, and the oracle watches. */
import { Effect, Exit } from "effect"
import { Ledgers } from "../../src/core/ledger/Ledgers.ts"
import { Erasure } from "../../src/core/ledger/Erasure.ts"
import { Recovery } from "../../src/core/run/Recovery.ts"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { Steward } from "../../src/core/session/Steward.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Principal } from "../../src/domain/Ids.ts"
import { Asking } from "./Asking.ts"
import { Chance } from "./Chance.ts"
import { Conversing } from "./Conversing.ts"
import { Deciding } from "./Deciding.ts"
import { Loop } from "./Loop.ts"
import { Oracle, principals } from "./Oracle.ts"
import { type Bugs, type Core, type Process, type Terms, World } from "./World.ts"

export interface Simulated {
  readonly seed: number
  /** Everything that happened, in order; the ledger's rows at the end. */
  readonly trace: ReadonlyArray<string>
  /** What should not have been. */
  readonly wrong: ReadonlyArray<string>
  readonly runs: number
}

const MOST_TURNS = 60_000

/** `setImmediate` is where the journal waits for more to write at once; here, that is a turn like any other. */
const withTurns = <A>(
  loop: Loop,
  world: { readonly name: string; alive: boolean; asleep: boolean },
  body: () => A
): A => {
  const real = globalThis.setImmediate
  globalThis.setImmediate = ((run: () => void) => loop.post(world, run)) as unknown as typeof setImmediate
  try {
    return body()
  } finally {
    globalThis.setImmediate = real
  }
}

export const simulate = (seed: number, bugs: Bugs = {}): Simulated => {
  const chance = new Chance(seed)
  const terms = drawTerms(chance, bugs)
  const loop = new Loop(chance)
  const oracle = new Oracle(terms.rules, terms.budgets)
  const world = new World(chance, loop, oracle, terms)
  withTurns(loop, world.host, () => new Life(world, oracle).live())
  const rows = [...oracle.book.pages, ...oracle.sittings.chains].flatMap(([stream, { rows }]) =>
    rows.map(({ seq, at, payload, hash }) => `${stream} ${seq} ${at} ${hash} ${payload}`)
  )
  return {
    seed,
    trace: [...oracle.trace, ...rows, `${loop.turns} turns`],
    wrong: oracle.wrong,
    runs: oracle.book.pages.size
  }
}

const drawTerms = (chance: Chance, bugs: Bugs): Terms => ({
  rules: {
    onUnavailable: chance.pick(["refuse", "hold", "release"]),
    contextLimit: 20_000,
    historyLimit: chance.pick([10_000, 4_000]),
    sick: chance.percent(10) ? "drafter" : null
  },
  budgets: chance.percent(50)
    ? {
        window_hours: 1,
        ...(chance.percent(60) && { calls: 3 + chance.below(8) }),
        ...(chance.percent(60) && { tokens: 8_000 + chance.below(60_000) })
      }
    : undefined,
  sessions: {
    session_max_turns: chance.pick([50, 2, 3]),
    steward_thresholds: chance.pick<NonNullable<Terms["sessions"]["steward_thresholds"]>>([
      { always: true },
      { step_count: 1 + chance.below(3) },
      { token_budget: 200 + chance.below(8_000) },
      { audit: true },
      { step_count: 2, audit: true }
    ]),
    ...(chance.percent(50) && { steward_expiry_seconds: 3_600 })
  },
  faults: chance.pick([0, 0, 2, 6]),
  bugs
})

class Life {
  readonly #world: World
  readonly #oracle: Oracle
  /** In some installations most is asked in sessions, in the others hardly anything. */
  readonly #talks: boolean
  /** How often something is done while other things are: percent of turns. */
  readonly #haste: number
  readonly #asking: Asking
  readonly #conversing: Conversing
  readonly #deciding: Deciding

  constructor(world: World, oracle: Oracle) {
    this.#world = world
    this.#oracle = oracle
    this.#talks = world.chance.percent(45)
    this.#haste = this.#talks ? world.chance.pick([4, 1]) : 4
    this.#asking = new Asking(world, oracle)
    this.#conversing = new Conversing(world, oracle)
    this.#deciding = new Deciding(world, oracle, this.#asking)
  }

  live(): void {
    const { chance, loop } = this.#world
    const first = this.#world.boot()
    if (this.#talks) this.#conversing.start(first)
    let actions = 8 + chance.below(24) + (this.#talks ? chance.below(24) : 0)
    for (let turns = 0; turns < MOST_TURNS && this.#oracle.wrong.length === 0; turns++) {
      if (actions > 0 && chance.percent(this.#haste)) {
        actions -= 1
        this.#act()
        this.#oracle.always()
      } else if (!loop.turn()) {
        if (actions === 0 && !this.#wakeAll()) break
        actions = Math.max(0, actions - 1)
        this.#act()
      }
    }
    this.#oracle.must(!loop.turn() || this.#oracle.wrong.length > 0, "it never comes to rest")
    this.#end()
  }

  /** Everybody dies, and one that nothing happens to puts things in order. */
  #end(): void {
    if (this.#oracle.wrong.length > 0) return
    for (const process of this.#world.processes) this.#world.crash(process)
    const last = this.#world.boot(false)
    this.#does(
      last,
      "recovers",
      Resumption.use(({ recover }) => recover),
      () => {}
    )
    this.#does(
      last,
      "recovers again",
      Resumption.use(({ recover }) => recover),
      ({ length }) =>
        this.#oracle.must(length === 0, "a run was left over by a recovery that nothing happened to")
    )
    this.#does(
      last,
      "looks at what is held",
      Steward.use(({ pending }) => pending),
      (pending) =>
        this.#oracle.must(
          isSame(
            pending.map(({ run }) => run),
            this.#oracle.sittings.waiting
          ),
          "what is held is not what nobody has decided"
        )
    )
    this.#does(
      last,
      "verifies",
      Verifier.use((verifier) => verifier.journal(true)),
      ({ broken }) =>
        this.#oracle.must(broken === null, `the ledger does not verify: ${JSON.stringify(broken)}`)
    )
    this.#oracle.finally()
  }

  #does<A>(
    process: Process,
    what: string,
    effect: Effect.Effect<A, RuntimeFailure, Core>,
    check: (value: A) => void
  ): void {
    const over = { ended: false }
    this.#world.start(process, effect).addObserver((exit) => {
      over.ended = true
      this.#oracle.must(Exit.isSuccess(exit), `a process that nothing happens to ${what}, and fails`)
      if (Exit.isSuccess(exit)) check(exit.value)
    })
    while (!over.ended && this.#world.loop.turn());
    this.#oracle.must(over.ended, `a process ${what} for ever`)
  }

  #wakeAll(): boolean {
    const sleeping = this.#world.processes.filter(({ host }) => host.alive && host.asleep)
    for (const { host } of sleeping) host.asleep = false
    return sleeping.length > 0
  }

  #act(): void {
    const { chance, loop, living } = this.#world
    const process = living[chance.below(living.length)]
    if (!process) {
      this.#world.boot()
      return
    }
    const { sittings } = this.#oracle
    const action = chance.weighted({
      ask: this.#talks ? 5 : 46,
      turn: this.#conversing.idle ? 60 : 6,
      start: this.#talks && this.#conversing.mayStart ? 8 : 1,
      decide: sittings.waiting.length > 0 ? 44 : 1,
      look: sittings.waiting.length > 0 ? 8 : 1,
      mode: this.#talks ? 3 : 0,
      close: this.#talks ? 3 : 0,
      eraseSession: this.#talks ? 1 : 0,
      cancel: this.#talks ? 5 : 10,
      crash: 4,
      boot: living.length < 3 ? 6 : 0,
      sleep: 3,
      wake: 6,
      jump: 6,
      recover: 8,
      verify: 5,
      list: 3,
      erase: 6
    })
    this.#oracle.note(`${process.host.name}: ${action}`)
    switch (action) {
      case "ask":
        return this.#asking.ask(process, null)
      case "turn":
        return this.#asking.ask(process, this.#conversing.idle ?? this.#conversing.some)
      case "start":
        return this.#conversing.start(process)
      case "decide":
        return this.#deciding.decide(process)
      case "look":
        return this.#deciding.look(process)
      case "mode":
        return this.#conversing.changeMode(process)
      case "close":
        return this.#conversing.close(process)
      case "eraseSession":
        return this.#conversing.erase(process)
      case "cancel":
        return this.#asking.cancel()
      case "crash":
        return this.#world.crash(process)
      case "boot":
        this.#world.boot()
        return
      case "sleep":
        this.#world.disturb(process, "sleeps")
        process.host.asleep = true
        return
      case "wake":
        this.#wakeAll()
        return
      case "jump":
        return loop.jump(chance.pick([-86_400_000, -3_000, 1, 90_000, 3_700_000, 86_400_000]))
      case "recover":
        this.#world.start(
          process,
          Effect.ignore(
            chance.percent(70)
              ? Resumption.use(({ recover }) => recover)
              : Recovery.use(({ settle }) => settle)
          )
        )
        return
      case "verify":
        this.#world
          .start(process, Effect.exit(Verifier.use((verifier) => verifier.journal(true))))
          .addObserver((exit) => {
            const found = Exit.isSuccess(exit) && Exit.isSuccess(exit.value) ? exit.value.value.broken : null
            this.#oracle.must(found === null, `a ledger in use does not verify: ${JSON.stringify(found)}`)
          })
        return
      case "erase":
        return this.#erase(process)
      case "list":
        this.#world
          .start(process, Effect.exit(Ledgers.use((ledgers) => ledgers.recent(50))))
          .addObserver((exit) => {
            const found = Exit.isSuccess(exit) && Exit.isSuccess(exit.value) ? exit.value.value : []
            this.#oracle.must(
              !found.some(({ standing }) => standing === "broken"),
              "a run is listed as broken"
            )
          })
    }
  }

  #erase(process: Process): void {
    const streams = [...this.#oracle.book.pages.keys()]
    const stream = streams[this.#world.chance.below(streams.length)]
    if (!stream) return
    const principal = Principal.make(principals[0])
    const erase = Erasure.use((erasure) => erasure.erase(stream.slice("run/".length), principal))
    this.#world.start(process, Effect.exit(erase)).addObserver((exit) => {
      if (Exit.isSuccess(exit) && Exit.isSuccess(exit.value)) this.#oracle.erased(stream)
    })
  }
}

const isSame = (some: ReadonlyArray<string>, others: ReadonlyArray<string>): boolean =>
  some.toSorted().join() === others.toSorted().join()
