/** Owns a world of processes over one journal: what they run on, who is alive, and what was seen of them from outside. */
import { Context, Effect, Exit, Fiber, Layer, Option, Redacted, Scope } from "effect"
import * as MemoryJournal from "../../src/adapters/journal/Memory.ts"
import { capabilities, core, proofs } from "../../src/App.ts"
import { Erasure } from "../../src/core/ledger/Erasure.ts"
import { SessionErasure } from "../../src/core/session/SessionErasure.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import {
  LoginId,
  Mode,
  OwnerId,
  PublicKey,
  RunId,
  SessionId,
  Signature,
  type StreamId,
  Target,
  TokenId
} from "../../src/domain/Ids.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import { Identity } from "../../src/ports/Identity.ts"
import { type Commit, type Committed, Journal } from "../../src/ports/Journal.ts"
import { type Provider, Providers } from "../../src/ports/Provider.ts"
import { Signer } from "../../src/ports/Signer.ts"
import { Vault } from "../../src/ports/Vault.ts"
import { TestRuntime } from "../../src/testing.ts"
import type { Chance } from "./Chance.ts"
import { link } from "./Link.ts"
import { type Host, Loop } from "./Loop.ts"
import { MAX_OUTPUT_TOKENS, provider, WALL_MILLIS } from "./Models.ts"
import type { Rules } from "./Model.ts"
import type { Oracle } from "./Oracle.ts"
import { vault } from "./Vault.ts"

/** What can be broken on purpose, to see that it is noticed. */
export interface Bugs {
  /** What reaches the store in place of a commit; null: nothing, and it is acknowledged. */
  readonly commit?: (commit: Commit, store: Journal["Service"]) => Commit | null
  readonly adoptsLiving?: boolean
  readonly provider?: (provider: Provider) => Provider
  /** What a person is shown of a text that was released. */
  readonly shown?: (text: string) => string
}

/** What a process is made of: what governs runs, and what looks after them. */
const everything = Layer.mergeAll(Erasure.layer, SessionErasure.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(core, proofs))
)
export type Core = Layer.Success<typeof everything>

export class Process {
  readonly host: Host
  readonly id: OwnerId
  isFaulty = true
  services: Context.Context<Core> | null = null

  constructor(number: number) {
    this.host = { name: `process ${number}`, alive: true, asleep: false }
    this.id = OwnerId.make(`01900000-0000-7000-9000-${number.toString(16).padStart(12, "0")}`)
  }

  /** One that sleeps for long is taken for dead. */
  get isAlive(): boolean {
    return this.host.alive && !this.host.asleep
  }
}

export interface Terms {
  readonly rules: Rules
  readonly budgets: Settings["runtime"]["budgets"]
  /** What sessions are governed by. */
  readonly sessions: Pick<
    Settings["runtime"],
    "session_max_turns" | "steward_thresholds" | "steward_expiry_seconds"
  >
  /** Percent of what is asked of the journal that goes wrong. */
  readonly faults: number
  readonly bugs: Bugs
}

export class World {
  readonly chance: Chance
  readonly loop: Loop
  readonly host: Host = { name: "world", alive: true, asleep: false }
  readonly store: Journal["Service"]
  readonly owners = new Map<StreamId, Process>()
  readonly processes: Array<Process> = []
  readonly bugs: Bugs
  readonly faults: number
  readonly #oracle: Oracle
  readonly #terms: Terms
  #ids = 0

  constructor(chance: Chance, loop: Loop, oracle: Oracle, terms: Terms) {
    this.chance = chance
    this.loop = loop
    this.bugs = terms.bugs
    this.faults = terms.faults
    this.#oracle = oracle
    this.#terms = terms
    this.store = Context.get(this.#built(this.host, MemoryJournal.layer), Journal)
    oracle.over(this)
  }

  get living(): ReadonlyArray<Process> {
    return this.processes.filter((process) => process.isAlive)
  }

  ownerOf(stream: StreamId): Process | undefined {
    return this.owners.get(stream)
  }

  /** Starts a process, and lets nobody else run before it stands. */
  boot(isFaulty = true): Process {
    const process = new Process(this.processes.length)
    process.isFaulty = isFaulty
    this.processes.push(process)
    process.services = this.#built(process.host, Layer.provide(everything, this.#ports(process)))
    this.#oracle.note(`${process.host.name} starts`)
    return process
  }

  crash(process: Process): void {
    if (!process.host.alive) return
    this.disturb(process, "crash")
    this.loop.kill(process.host)
  }

  disturb(process: Process, how: string): void {
    this.#oracle.disturbed(process, how)
  }

  committed(process: Process, commit: Commit, exit: Exit.Exit<Committed, RuntimeFailure>): void {
    if (Exit.isSuccess(exit)) {
      for (const { stream, expected } of commit.appends) {
        if (expected === 0 && !this.owners.has(stream)) this.owners.set(stream, process)
      }
    }
    this.#oracle.committed(process, commit, exit)
  }

  /** What a program of this process does. */
  start<A, E>(process: Process, effect: Effect.Effect<A, E, Core>): Fiber.Fiber<A, E> {
    if (!process.services) throw new TypeError("the process does not stand yet")
    return this.loop.start(process.host, Effect.provideContext(effect, process.services))
  }

  #built<A, E>(host: Host, layer: Layer.Layer<A, E>): Context.Context<A> {
    let built: Option.Option<Context.Context<A>> = Option.none()
    const scope = Scope.makeUnsafe()
    this.loop.start(host, Layer.buildWithScope(layer, scope)).addObserver((exit) => {
      built = Exit.getSuccess(exit)
    })
    while (Option.isNone(built) && this.loop.turn());
    return Option.getOrThrow(built)
  }

  #ports(process: Process) {
    const { rules } = this.#terms
    const providers = ["drafter", "reserve", "judge"].map((name) =>
      provider(name, rules.sick !== name, (received) => this.#oracle.asked(process, received))
    )
    const seen = this.bugs.provider ? providers.map(this.bugs.provider) : providers
    const next = Effect.sync(() => (++this.#ids).toString(16).padStart(12, "0"))
    return Layer.mergeAll(
      Layer.succeed(Journal, link(this, process)),
      Layer.succeed(Vault, vault),
      capabilities(),
      Layer.succeed(Signer, signer),
      Layer.succeed(Providers, Providers.from(...seen)),
      Layer.succeed(Configuration, { settings: this.#settings(), placed: [], untrusted: [] }),
      Layer.succeed(Identity, {
        runId: Effect.map(next, (tail) => RunId.make(`01900000-0000-7000-8000-${tail}`)),
        sessionId: Effect.map(next, (tail) => SessionId.make(`01900000-0000-7000-8000-${tail}`)),
        tokenId: Effect.map(next, (tail) => TokenId.make(`01900000-0000-7000-8000-${tail}`)),
        loginId: Effect.map(next, (tail) => LoginId.make(`01900000-0000-7000-8000-${tail}`)),
        token: Effect.map(next, (tail) => Redacted.make(tail)),
        boundary: Effect.map(next, (tail) => `----- ${tail} -----`)
      })
    )
  }

  #settings(): Settings {
    const { rules, budgets, sessions } = this.#terms
    const { settings } = TestRuntime
    const mode = (primary: string, secondary: string) => ({
      primary: Target.make(primary),
      secondary: Target.make(secondary)
    })
    return {
      ...settings,
      routing: {
        ...settings.routing,
        modes: {
          [Mode.make("executor")]: mode("drafter:one", "reserve:two"),
          [Mode.make("solo")]: mode("drafter:one", "drafter:one"),
          [Mode.make("mirror")]: mode("judge:three", "judge:three"),
          [Mode.make("challenger")]: mode("judge:three", "judge:three")
        }
      },
      runtime: {
        ...settings.runtime,
        context_limit_chars: rules.contextLimit,
        max_output_tokens: MAX_OUTPUT_TOKENS,
        timeouts: { ...settings.runtime.timeouts, total_seconds: WALL_MILLIS / 1000 },
        audit: { ...settings.runtime.audit, on_unavailable: rules.onUnavailable },
        history_limit_chars: rules.historyLimit,
        ...sessions,
        ...(budgets && { budgets })
      }
    }
  }
}

const signer: Signer["Service"] = {
  publicKey: Effect.succeed(PublicKey.make("00".repeat(32))),
  sign: () => Effect.succeed(Signature.make("00".repeat(64))),
  verifies: () => true
}
