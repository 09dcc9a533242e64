/** Owns `io3 steward`: what is held, what would leave, and the decision about it. */
import { Clock, Console, Effect, Option, Stdio } from "effect"
import { Steward } from "../../core/session/Steward.ts"
import type { Principal } from "../../domain/Ids.ts"
import { say } from "../AnswerText.ts"
import { decideAs, type DecisionFlags, identityOf } from "./Deciding.ts"
import { nowhere } from "../Input.ts"
import { print, printJson, printLine, write } from "../Output.ts"
import { plainPieces } from "../Plain.ts"
import { nothing } from "../RunInputs.ts"
import { root } from "../root.ts"
import { judged } from "./SessionDetail.ts"
import { aboutView, inboxLine, nextSteps } from "./StewardDetail.ts"
import { InboxOutput, inboxOutput, ViewOutput, viewOutput } from "../../api/results/StewardResults.ts"

export const list = Effect.fn(function* () {
  const { output } = yield* root
  const pending = yield* (yield* Steward).pending
  const now = yield* Clock.currentTimeMillis
  yield* print(
    output,
    InboxOutput,
    inboxOutput(pending),
    () => pending.map((one) => inboxLine(one, now)).join("\n") || "Nothing is held."
  )
})

/**
 * The text goes to standard output, byte for byte and alone where that is no terminal; a person reads above it what was
 * asked, and what was drafted and said of that where it was revised. What a capability has made would leave with it, and stands below it. What is known of it goes to standard error, and that has no word of either.
 */
export const show = Effect.fn(function* ({
  turn,
  service
}: {
  readonly turn: string
  readonly service: Option.Option<Principal>
}) {
  const { output } = yield* root
  const view = yield* (yield* Steward).show(turn, identityOf(service).principal)
  if (output === "json") return yield* printJson(ViewOutput, viewOutput(view))
  if (output === "ndjson") return yield* printLine(ViewOutput, viewOutput(view))
  yield* Console.error(aboutView(view.pending, yield* Clock.currentTimeMillis))
  if (yield* (yield* Stdio.Stdio).stdoutIsTerminal) yield* write(`${plainPieces()(judged(view))}\n\n`)
  yield* say(view.text)
  if (view.text.output) yield* say(view.text.output)
  const isSeen = yield* (yield* Stdio.Stdio).stdoutIsTerminal
  const { text } = view.text
  const hidden = isSeen ? [...text].length - [...plainPieces()(text)].length : 0
  yield* Console.error(nextSteps(view.pending, hidden))
})

type Plain = Pick<DecisionFlags, "turn" | "digest" | "reason" | "service" | "raw">

const without = { ...nowhere, ...nothing, audit: false, noStream: false } as const

export const approve = (flags: Plain) => decideAs("approve", { ...without, ...flags })
export const reject = (flags: Plain) => decideAs("reject", { ...without, ...flags })
export const close = (flags: Plain) => decideAs("close", { ...without, ...flags })
export const edit = (flags: Plain & Pick<DecisionFlags, "file">) => decideAs("edit", { ...without, ...flags })
export const redirect = (flags: DecisionFlags) => decideAs("redirect", flags)
