/** Owns a record on disk with a runbook in it: three steps, of which one reads memory, one is skipped and one has a capability. */
import { Effect } from "effect"
import { Memories } from "../../src/core/memory/Memories.ts"
import { Runbooks, type Start } from "../../src/core/runbook/Runbooks.ts"
import { Content } from "../../src/domain/Content.ts"
import {
  CapabilityId,
  MemoryKey,
  MemoryScope,
  Mode,
  PackId,
  Principal,
  RunbookId,
  TaskSpecId
} from "../../src/domain/Ids.ts"
import { Provenance } from "../../src/domain/memory/MemoryEvent.ts"
import type { Runbook, Step } from "../../src/domain/runbook/Runbook.ts"
import type { Reply } from "../../src/testing.ts"
import { folder } from "./ledger.ts"
import { on } from "./record.ts"
import type { Script } from "./runs.ts"
import { settingsWith } from "./sessionScene.ts"

export const principal = Principal.make("local")
const checks = { constellation: true, health: false }
export const by = { principal, surface: "program", checks, audit: false } as const
const mode = Mode.make("executor")
export const start: Start = { sessionMode: "work", personaMode: mode, by }

export const step = (name: string, prompt: string, rest: Partial<Step> = {}): Step => ({
  id: TaskSpecId.make(name),
  mode,
  prompt: Content.of(prompt),
  capability: null,
  packs: null,
  when: null,
  ...rest
})
export const runbook = (...steps: ReadonlyArray<Step>): Runbook => ({ id: RunbookId.make("rb-demo"), steps })

export const pack = PackId.make("pack.facts")
const scope = MemoryScope.make("project")
const key = MemoryKey.make("colour")

export const three = runbook(
  step("a", "first", { packs: [pack] }),
  step("b", "never", { when: { key: "session_mode", op: "eq", value: Mode.make("steward") } }),
  step("c", "third", {
    capability: { id: CapabilityId.make("cap.echo_json"), payload: Content.of('{"a":1}') }
  })
)

/** Models that say these things, in an installation with one pack of one record. */
export const scriptOf = (
  drafter: ReadonlyArray<Reply>,
  runtime: Parameters<typeof settingsWith>[0] = {}
): Script => ({
  drafter,
  settings: {
    ...settingsWith(runtime),
    memoryPacks: { packs: [{ id: pack, scope, keys: [key] }] }
  }
})

export const remember = (value: string) =>
  Memories.use((memories) =>
    memories.write(
      {
        scope,
        key,
        value: Content.of(value),
        sensitivity: "standard",
        provenance: Provenance.make("human"),
        expected: null,
        principal,
        surface: "program"
      },
      Effect.succeed(true)
    )
  )

export const forget = Memories.use((memories) => memories.forget(scope, key, principal, Effect.succeed(true)))

/** A folder in which a runbook was run to the end it came to, by default the three steps. */
export const ran = Effect.fnUntraced(function* (
  replies: ReadonlyArray<Reply> = [{ say: "one" }, { say: "two" }],
  steps: Runbook = three,
  options: { readonly runtime?: Parameters<typeof settingsWith>[0]; readonly start?: Partial<Start> } = {}
) {
  const directory = yield* folder
  const script = scriptOf(replies, options.runtime)
  const result = yield* Effect.gen(function* () {
    yield* remember("The colour is teal.")
    return yield* Runbooks.use((runbooks) => runbooks.run(steps, { ...start, ...options.start }))
  }).pipe(Effect.provide(on(directory, script)))
  return { directory, script, result, run: result.execution.run }
})
