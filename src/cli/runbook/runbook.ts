/** Owns `io3 runbook run` and `bounds`: a file of steps done one after the other, or the worst case of all of them. */
import { Console, Effect } from "effect"
import { GivenRunbook } from "../../core/runbook/GivenRunbook.ts"
import { fittingHere } from "../../core/runbook/RunbookFit.ts"
import { Runbooks, type Start } from "../../core/runbook/Runbooks.ts"
import { type Mode, Principal } from "../../domain/Ids.ts"
import type { SessionMode } from "../../domain/session/Turn.ts"
import { FailureInResult, print } from "../Output.ts"
import { root } from "../root.ts"
import { sayUntrusted } from "../Untrusted.ts"
import { describeBounds } from "./RunbookDetail.ts"
import { RunbookBoundsOutput, boundsOutput } from "../../api/results/RunbookResults.ts"
import { tellRunbook } from "./RunbookTold.ts"

interface StartFlags {
  readonly sessionMode: SessionMode
  readonly personaMode: Mode
  readonly audit: boolean
  readonly noHealthCheck: boolean
  readonly noConstellationCheck: boolean
}

interface RunFlags extends StartFlags {
  readonly raw: boolean
}

/** The runbook that was named, held against what is there, and how it is to be run. */
const asked = Effect.fnUntraced(function* (flags: StartFlags, isQuiet: boolean) {
  if (!isQuiet) yield* sayUntrusted
  if (flags.noConstellationCheck) {
    yield* Console.error("WARN: constellation integrity check bypassed via --no-constellation-check")
  }
  const { sessionMode, personaMode, audit } = flags
  const checks = { constellation: !flags.noConstellationCheck, health: !flags.noHealthCheck }
  const by = { principal: Principal.make("local"), surface: "cli", checks, audit } as const
  const start: Start = { sessionMode, personaMode, by }
  return { runbook: yield* fittingHere(yield* GivenRunbook, personaMode), start }
})

export const run = Effect.fn(function* ({ raw, ...flags }: RunFlags) {
  const runbooks = yield* Runbooks
  const { runbook, start } = yield* asked(flags, raw)
  yield* tellRunbook((watcher) => runbooks.run(runbook, start, watcher), raw)
})

export const bounds = Effect.fn(function* (flags: StartFlags) {
  const { output } = yield* root
  const { runbook, start } = yield* asked(flags, false)
  const planned = yield* (yield* Runbooks).bounds(runbook, start)
  yield* print(output, RunbookBoundsOutput, boundsOutput(runbook, start, planned), describeBounds)
  if (!planned.affordable) return yield* new FailureInResult()
})
