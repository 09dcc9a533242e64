/**
 * Owns a process of its own that has sessions over a folder, for tests that kill it or have several at once: `node
 * sessionChild.ts DIRECTORY [NUMBER before|after]`. It does what it reads, a line of JSON each, and tells how that went; with a
 * number it dies at that moment at which the disk changes, counted from the first line on.
 */
import { Effect, Exit, Layer, Option, Schema } from "effect"
import { createInterface } from "node:readline"
import type { Pass, WritePoint } from "../../src/adapters/WritePoint.ts"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { Sessions } from "../../src/core/session/Sessions.ts"
import { Steward } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Digest } from "../../src/domain/Ids.ts"
import { Action } from "../../src/domain/session/Turn.ts"
import { scene } from "./coreScene.ts"
import { persona, principal, startOf, turnOf, waits } from "./sessionScene.ts"
import { tell } from "./tell.ts"

export const Order = Schema.Union([
  Schema.Struct({ do: Schema.Literals(["start", "pending", "recover"]) }),
  Schema.Struct({
    do: Schema.Literals(["turn"]),
    session: Schema.String,
    prompt: Schema.String,
    audit: Schema.Boolean
  }),
  Schema.Struct({
    do: Schema.Literals(["decide"]),
    turn: Schema.String,
    digest: Digest,
    sequence: Schema.Number,
    action: Action,
    text: Schema.String
  })
])
export type Order = typeof Order.Type

/** How an order went. */
export interface Outcome {
  readonly outcome: Order["do"]
  readonly code: string | null
  readonly decided: string | null
  /** Ids of what was begun, and what left. */
  readonly session: string | null
  readonly run: string | null
  readonly text: string | null
}

const [directory = "", number, side] = process.argv.slice(2)

/** Each moment from the first order on. */
const passed: Array<WritePoint> = []
let isOrdered = false
const dying: Pass = (point, act) => {
  const here = isOrdered && passed.push(point) - 1 === Number(number ?? Number.NaN)
  if (here && side === "before") process.kill(process.pid, "SIGKILL")
  const result = act()
  if (here && side === "after") process.kill(process.pid, "SIGKILL")
  return result
}

const carryOut = (order: Order): Effect.Effect<unknown, RuntimeFailure, Sessions | Steward | Resumption> => {
  switch (order.do) {
    case "start":
      return Sessions.use((sessions) => sessions.start(startOf("steward")))
    case "pending":
      return Steward.use(({ pending }) => pending)
    case "recover":
      return Resumption.use(({ recover }) => recover)
    case "turn":
      return Sessions.use((sessions) => sessions.turn(order.session, turnOf(order.prompt, order.audit)))
    case "decide": {
      const { action, text, turn, digest, sequence } = order
      const wish = { turn, digest, sequence, principal, by: "person", reason: "other" } as const
      return Steward.use((steward) =>
        action === "edit"
          ? steward.decide({ ...wish, action, text: Content.of(text) })
          : action === "redirect"
            ? steward.decide({ ...wish, action, request: { ...turnOf(text), mode: persona } })
            : steward.decide({ ...wish, action })
      )
    }
  }
}

interface Said {
  readonly session?: string
  readonly run?: string
  readonly released?: { readonly text: string } | null
  readonly rest?: { readonly released?: { readonly text: string } }
}

const outcomeOf = (order: Order, exit: Exit.Exit<unknown, RuntimeFailure>): Outcome => {
  const failed = Option.getOrNull(Exit.findErrorOption(exit))
  const said: Said = Exit.isSuccess(exit) && typeof exit.value === "object" && exit.value ? exit.value : {}
  return {
    outcome: order.do,
    code: failed?.code ?? null,
    decided: failed?.decided ?? null,
    session: said.session ?? null,
    run: said.run ?? null,
    text: said.released?.text ?? said.rest?.released?.text ?? null
  }
}

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Order))
const layer = scene({ directory, tell, at: dying, runtime: waits })

const program = Effect.gen(function* () {
  const core = yield* Layer.build(layer)
  const obey = async (line: string) => {
    isOrdered = true
    const order = decode(line)
    tell(outcomeOf(order, await Effect.runPromise(Effect.exit(Effect.provide(carryOut(order), core)))))
  }
  tell({ ready: true })
  yield* Effect.promise(async () => {
    for await (const line of createInterface({ input: process.stdin })) await obey(line)
  })
  tell({ passed })
})

await Effect.runPromise(Effect.scoped(program))
