/** Owns what the runs of the check are given beside a prompt: memory records, a capability and its payload, a runbook. */
import { Context, Effect, Layer, Option, Ref } from "effect"
import { KEPT_BACK, PACK, READABLE, type Scene, SCOPE } from "../../domain/integrity/Canary.ts"
import { Content } from "../../domain/Content.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { CapabilityId, type MemoryKey, Mode, Principal, type RunId, runbookStream } from "../../domain/Ids.ts"
import type { Certified } from "../../domain/integrity/Invariant.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import { Provenance, type Sensitivity } from "../../domain/memory/MemoryEvent.ts"
import { Journal } from "../../ports/Journal.ts"
import { Memories } from "../memory/Memories.ts"
import type { Released } from "../run/Release.ts"
import type { Invocation, RunRequest, Watcher } from "../run/Request.ts"
import { Runbooks, unwatched } from "../runbook/Runbooks.ts"
import { Canary } from "./Canary.ts"

export const principal = Principal.make("local")
const PRETTY = CapabilityId.make("cap.json_pretty")
const surface = "program" as const
const checks = { constellation: true, health: true }

/** What one run came to. */
export interface Came {
  readonly run: RunId | null
  readonly released: Released | null
}

export class Scenery extends Context.Service<
  Scenery,
  {
    /** Writes the records of the check: one that a run may read, and one that the policy keeps from it. */
    readonly remember: Effect.Effect<void, RuntimeFailure>
    readonly requestOf: (scene: Scene) => RunRequest
    readonly invocation: Invocation
    /** Does the scenes as the steps of one runbook, and says what was certified for it, before and on record. */
    readonly runbook: (
      steps: ReadonlyArray<Scene>,
      watcher: Watcher
    ) => Effect.Effect<{ readonly came: ReadonlyArray<Came>; readonly certified: Certified }, RuntimeFailure>
  }
>()("io-iii/core/integrity/Scenery") {
  static readonly layer = Layer.effect(
    Scenery,
    Effect.gen(function* () {
      const { scene: current, words } = yield* Canary
      const journal = yield* Journal
      const memories = yield* Memories
      const runbooks = yield* Runbooks

      const invocation = { id: PRETTY, payload: Content.of(`{"word":"${words.payload}"}`) }
      const write = (key: MemoryKey, value: string, sensitivity: Sensitivity) =>
        memories.write(
          {
            scope: SCOPE,
            key,
            value: Content.of(value),
            sensitivity,
            provenance: Provenance.make("human"),
            expected: 0,
            principal,
            surface
          },
          Effect.succeed(true)
        )

      const requestOf = ({ mode, audit, invokes, remembers }: Scene): RunRequest => ({
        mode,
        prompt: Content.of(words.prompt),
        file: Content.of(words.file),
        capability: invokes === "beside" ? invocation : null,
        packs: remembers ? [PACK] : null,
        audit,
        principal,
        surface,
        checks
      })

      const runbook = Effect.fnUntraced(function* (scenes: ReadonlyArray<Scene>, watcher: Watcher) {
        const declared = {
          id: null,
          steps: scenes.map((scene) => {
            const { mode, prompt, capability, packs } = requestOf(scene)
            const payload = capability?.payload ?? null
            return {
              id: null,
              mode,
              prompt,
              capability: capability && { id: capability.id, payload },
              packs,
              when: null
            }
          })
        }
        const by = { principal, surface, checks, audit: false }
        const start = { sessionMode: "work" as const, personaMode: Mode.make("executor"), by }
        const { certificate: told } = yield* runbooks.bounds(declared, start)
        const { execution, steps } = yield* runbooks.run(declared, start, {
          ...unwatched,
          step: (index) =>
            Effect.forEach(scenes.slice(index, index + 1), (scene) => Ref.set(current, scene), {
              discard: true
            }),
          run: watcher
        })
        const [row] = yield* journal.read(runbookStream(execution.run), 0, 1)
        const started = row && Option.getOrNull(decode(row.payload))
        return {
          came: steps,
          certified: { told, recorded: started?._tag === "RunbookStarted" ? started.certificate : null }
        }
      })

      return Scenery.of({
        remember: Effect.andThen(
          write(READABLE, words.memory, "standard"),
          Effect.asVoid(write(KEPT_BACK, words.secret, "restricted"))
        ),
        requestOf,
        invocation,
        runbook
      })
    })
  )
}
