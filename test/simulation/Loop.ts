/**
 * Owns time and turns: everything that could run next waits here, chance picks what does, and the clock moves when
 * nothing can. It knows nothing of runs. All of it happens within one turn of the real event loop.
 */
import { Clock, Duration, Effect, type Fiber, type Scheduler } from "effect"
import type { Chance } from "./Chance.ts"

/** A place where things run: a process, or the world around them. What is dead never runs again, finalizers included. */
export interface Host {
  readonly name: string
  alive: boolean
  /** Asleep: what it has to do waits. */
  asleep: boolean
}

interface Task {
  readonly host: Host
  readonly run: () => void
}
interface Timer extends Task {
  readonly due: number
}

const EPOCH = Date.UTC(2026, 0, 1)

export class Loop {
  readonly #chance: Chance
  #tasks: Array<Task> = []
  #timers: Array<Timer> = []
  #millis = 0
  #skew = 0
  #turns = 0
  /** Operations a fiber may do before somebody else's turn. */
  #patience = 100

  constructor(chance: Chance) {
    this.#chance = chance
  }

  get turns(): number {
    return this.#turns
  }

  /** What the wall says. */
  get wall(): number {
    return EPOCH + this.#skew + this.#millis
  }

  /** Sets the clock on the wall; timers do not care. */
  jump(millis: number): void {
    this.#skew = Math.max(-EPOCH, this.#skew + millis)
  }

  post(host: Host, run: () => void): void {
    if (host.alive) this.#tasks.push({ host, run })
  }

  after(host: Host, millis: number, run: () => void): Timer {
    const timer = { host, run, due: this.#millis + millis }
    if (host.alive) this.#timers.push(timer)
    return timer
  }

  kill(host: Host): void {
    host.alive = false
    this.#tasks = this.#tasks.filter((task) => task.host !== host)
    this.#timers = this.#timers.filter((timer) => timer.host !== host)
  }

  /** One turn; false when nothing is left to do. */
  turn(): boolean {
    const ready = this.#tasks.some(({ host }) => host.asleep)
      ? this.#tasks.filter(({ host }) => !host.asleep)
      : this.#tasks
    if (ready.length === 0) return this.#wait()
    const task = ready[this.#chance.below(ready.length)]
    if (!task) return false
    this.#tasks.splice(this.#tasks.indexOf(task), 1)
    this.#turns += 1
    task.run()
    return true
  }

  /** Lets time pass until the next timer. */
  #wait(): boolean {
    const [first, ...rest] = this.#timers
    if (!first) return false
    const next = rest.reduce((soonest, timer) => (timer.due < soonest.due ? timer : soonest), first)
    this.#timers = this.#timers.filter((timer) => timer !== next)
    this.#millis = Math.max(this.#millis, next.due)
    this.post(next.host, next.run)
    return true
  }

  /** Starts an effect that needs nothing on a host. */
  start<A, E>(host: Host, effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runFork(Effect.provideService(effect, Clock.Clock, this.#clock(host)), {
      scheduler: this.#scheduler(host)
    })
  }

  #scheduler(host: Host): Scheduler.Scheduler {
    const dispatcher: Scheduler.SchedulerDispatcher = {
      scheduleTask: (task) => this.post(host, task),
      flush: () => {}
    }
    return {
      executionMode: "async",
      shouldYield: ({ currentOpCount }) => {
        if (currentOpCount < this.#patience) return false
        this.#patience = 20 + this.#chance.below(400)
        return true
      },
      makeDispatcher: () => dispatcher
    }
  }

  #clock(host: Host): Clock.Clock {
    const nanos = (millis: number) => BigInt(millis) * 1_000_000n
    const sleep = (duration: Duration.Duration) =>
      Effect.callback<void>((resume) => {
        const millis = Duration.toMillis(duration)
        if (!Number.isFinite(millis)) return
        const timer = this.after(host, Math.max(0, Math.ceil(millis)), () => resume(Effect.void))
        return Effect.sync(() => {
          this.#timers = this.#timers.filter((other) => other !== timer)
        })
      })
    return {
      currentTimeMillisUnsafe: () => this.wall,
      currentTimeMillis: Effect.sync(() => this.wall),
      currentTimeNanosUnsafe: () => nanos(this.wall),
      currentTimeNanos: Effect.sync(() => nanos(this.wall)),
      monotonicTimeNanosUnsafe: () => nanos(this.#millis),
      monotonicTimeNanos: Effect.sync(() => nanos(this.#millis)),
      sleep
    }
  }
}
