/** Owns `io3 runbook check`: what each step of a runbook would be, and nothing of what it says. */
import { Effect } from "effect"
import { RunbookCheck } from "../../core/runbook/RunbookCheck.ts"
import type { Mode } from "../../domain/Ids.ts"
import { applies, type RunbookContext } from "../../domain/runbook/Condition.ts"
import type { Runbook } from "../../domain/runbook/Runbook.ts"
import type { SessionMode } from "../../domain/session/Turn.ts"
import { print } from "../Output.ts"
import { root } from "../root.ts"
import { RunbookCheckOutput } from "../../api/results/RunbookResults.ts"

interface Flags {
  readonly file: string
  readonly sessionMode: SessionMode
  readonly personaMode: Mode
}

export const check = Effect.fn(function* ({ file, ...context }: Flags) {
  const { output } = yield* root
  const runbook = yield* (yield* RunbookCheck).check(file, context)
  yield* print(output, RunbookCheckOutput, outputOf(runbook, context), describe)
})

const outputOf = ({ id, steps }: Runbook, context: RunbookContext): RunbookCheckOutput => ({
  status: "ok",
  runbook_id: id,
  session_mode: context.sessionMode,
  persona_mode: context.personaMode,
  steps: steps.map((step, index) => ({
    index,
    task_spec_id: step.id,
    mode: step.mode,
    prompt_chars: step.prompt.length,
    capability: step.capability && {
      id: step.capability.id,
      payload_bytes: step.capability.payload?.bytes ?? null
    },
    memory_packs: step.packs,
    when: step.when,
    runs: applies(step.when, context)
  }))
})

const describe = ({ runbook_id, session_mode, persona_mode, steps }: RunbookCheckOutput): string =>
  [
    `runbook    ${runbook_id ?? "has no id"}`,
    `context    session_mode ${session_mode}, persona_mode ${persona_mode}`,
    `steps      ${steps.length}, of which ${steps.filter(({ runs }) => runs).length} run`,
    ...steps.flatMap(stepLines)
  ].join("\n")

const stepLines = ({
  index,
  task_spec_id,
  mode,
  prompt_chars,
  capability,
  memory_packs,
  when,
  runs
}: RunbookCheckOutput["steps"][number]): ReadonlyArray<string> => [
  "",
  `steps[${index}]   ${task_spec_id ?? "has no id"}${runs ? "" : "  (left out)"}`,
  `  mode       ${mode}`,
  `  prompt     ${prompt_chars} characters`,
  ...(capability
    ? [
        `  capability ${capability.id}, ${capability.payload_bytes === null ? "no payload" : `payload of ${capability.payload_bytes} bytes`}`
      ]
    : []),
  ...(memory_packs ? [`  packs      ${memory_packs.length === 0 ? "none" : memory_packs.join(", ")}`] : []),
  ...(when ? [`  when       ${when.key} ${when.op} ${when.value}`] : [])
]
