/** Owns one simulated life of an installation: chance asks, cancels, kills and recovers, and the oracle watches. */
import { Cause, Effect, Exit, type Fiber, Option, Stream } from "effect"
import { Ledgers } from "../../src/core/ledger/Ledgers.ts"
import { Erasure } from "../../src/core/ledger/Erasure.ts"
import { Recovery } from "../../src/core/run/Recovery.ts"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { type RunResult, Runs } from "../../src/core/run/Runs.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Content } from "../../src/domain/Content.ts"
import { Principal } from "../../src/domain/Ids.ts"
import { Chance } from "./Chance.ts"
import { Loop } from "./Loop.ts"
import type { Request, Told } from "./Model.ts"
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
  const rows = [...oracle.book.pages].flatMap(([stream, { rows }]) =>
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
    sick: chance.percent(10) ? "drafter" : null
  },
  budgets: chance.percent(50)
    ? {
        window_hours: 1,
        ...(chance.percent(60) && { calls: 3 + chance.below(8) }),
        ...(chance.percent(60) && { tokens: 8_000 + chance.below(60_000) })
      }
    : undefined,
  faults: chance.pick([0, 0, 2, 6]),
  bugs
})

class Life {
  readonly #world: World
  readonly #oracle: Oracle
  readonly #asking = new Map<Request, Fiber.Fiber<unknown, unknown>>()

  constructor(world: World, oracle: Oracle) {
    this.#world = world
    this.#oracle = oracle
  }

  live(): void {
    const { chance, loop } = this.#world
    this.#world.boot()
    let actions = 8 + chance.below(24)
    for (let turns = 0; turns < MOST_TURNS && this.#oracle.wrong.length === 0; turns++) {
      if (actions > 0 && chance.percent(4)) {
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
    const action = chance.weighted({
      ask: 46,
      cancel: 10,
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
        return this.#ask(process)
      case "cancel":
        return this.#cancel()
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

  #cancel(): void {
    const { chance, loop } = this.#world
    const open = [...this.#asking].filter(([request]) => request.told === null)
    const [request, fiber] = open[chance.below(open.length)] ?? []
    const process = this.#world.processes.find(({ host }) => host.name === request?.process)
    if (!request || !fiber || !process) return
    request.disturbed = true
    loop.post(process.host, () => fiber.interruptUnsafe())
  }

  #ask(process: Process): void {
    const { chance } = this.#world
    const number = this.#oracle.requests.length
    const isLong = chance.percent(4)
    const request: Request = {
      number,
      process: process.host.name,
      principal: chance.pick(principals),
      mode: chance.weighted({ executor: 60, solo: 25, mirror: 15 }),
      audit: chance.percent(45),
      prompt: `«${number}» ${"long ".repeat(isLong ? 5_000 : chance.below(900))}`,
      style: chance.pick(["whole", "watched", "frames"]),
      health: chance.percent(20),
      disturbed: false,
      slow: false,
      overBudget: false,
      stream: null,
      told: null,
      taken: []
    }
    this.#oracle.requests.push(request)
    this.#oracle.note(
      `${request.process} is asked ${number}: ${request.mode}${request.audit ? " audited" : ""} ${request.style}`
    )
    const fiber = this.#world.start(process, this.#program(request))
    this.#asking.set(request, fiber)
    fiber.addObserver((exit) => this.#oracle.told(request, toldOf(exit, this.#world.bugs)))
  }

  #program(request: Request): Effect.Effect<RunResult | null, RuntimeFailure, Runs> {
    const { chance } = this.#world
    const asked = Runs.request(request.mode, request.prompt, {
      audit: request.audit,
      principal: Principal.make(request.principal),
      file: chance.percent(20) ? Content.of(`attached to ${request.number}`) : null,
      checks: { constellation: true, health: request.health }
    })
    const wait = request.style !== "whole" && chance.percent(25) ? chance.pick([1, 800, 30_001]) : 0
    if (wait > 0) request.slow = true
    const take = (text: string) =>
      Effect.andThen(
        wait > 0 ? Effect.sleep(wait) : Effect.void,
        Effect.sync(() => this.#oracle.took(request, text))
      )
    switch (request.style) {
      case "whole":
        return Runs.use((runs) => runs.run(asked))
      case "watched":
        return Runs.use((runs) =>
          runs.run(asked, { accepted: () => Effect.void, outlet: ({ text }) => take(text) })
        )
      case "frames": {
        const most = chance.percent(15) ? 1 + chance.below(3) : Infinity
        if (most !== Infinity) request.disturbed = true
        let result: RunResult | null = null
        return Runs.use((runs) =>
          runs.stream(asked).pipe(
            Stream.take(most),
            Stream.runForEach((frame) => {
              if (frame._tag === "Finished") result = frame.result
              return frame._tag === "Chunk" ? take(frame.chunk.text) : Effect.void
            }),
            Effect.map(() => result)
          )
        )
      }
    }
  }
}

const toldOf = (exit: Exit.Exit<RunResult | null, RuntimeFailure>, { shown }: Bugs): Told => {
  if (Exit.isSuccess(exit)) {
    if (exit.value === null) return { _tag: "Left" }
    const { text, receipt } = exit.value.released
    return { _tag: "Released", text: shown ? shown(text) : text, receipt }
  }
  const failed = Option.getOrNull(Exit.findErrorOption(exit))
  if (failed) return { _tag: "Failed", code: failed.code }
  return Cause.hasInterruptsOnly(exit.cause)
    ? { _tag: "Interrupted" }
    : { _tag: "Defect", what: Cause.pretty(exit.cause) }
}
