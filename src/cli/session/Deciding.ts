/** Owns how a decision about a held turn or step is taken and told, whichever command it is typed in. */
import { Effect, Option, Stdio } from "effect"
import { frames } from "../../core/run/Frames.ts"
import { unwatched, type Watcher } from "../../core/run/Request.ts"
import { Runbooks } from "../../core/runbook/Runbooks.ts"
import { Sessions } from "../../core/session/Sessions.ts"
import { type Decided, type Identity, Steward, type Wish } from "../../core/session/Steward.ts"
import { failure } from "../../domain/Failure.ts"
import { Digest, Principal, type RunId } from "../../domain/Ids.ts"
import type { RunbookStatus } from "../../domain/runbook/RunbookEvent.ts"
import type { Action, Reason } from "../../domain/session/Turn.ts"
import { Editor } from "../../ports/Editor.ts"
import { say, sayOutput } from "../AnswerText.ts"
import { facts } from "../Facts.ts"
import { follow, sayCancelled } from "./Following.ts"
import { nowhere, read, type Sources } from "../Input.ts"
import { FailureInResult, note, print } from "../Output.ts"
import { failureOutput } from "../../api/results/RunResults.ts"
import { type InputFlags, readAll } from "../RunInputs.ts"
import { root } from "../root.ts"
import { DecisionOutput, decisionOutput } from "../../api/results/StewardResults.ts"
import { heldOr, rested, tell } from "./TurnAnswer.ts"
import { turnOutput } from "../../api/results/TurnResults.ts"
import { misused } from "../Usage.ts"

export interface DecisionFlags extends Sources, InputFlags {
  readonly turn: string
  readonly digest: string
  readonly reason: Option.Option<Exclude<Reason, "expired">>
  readonly service: Option.Option<Principal>
  readonly audit: boolean
  readonly noStream: boolean
  readonly raw: boolean
}

export const identityOf = (service: Option.Option<Principal>): Identity =>
  Option.match(service, {
    onNone: () => ({ principal: Principal.make("local"), by: "person" }),
    onSome: (principal) => ({ principal, by: "service" })
  })

/** No text has this digest: whoever names it gets to know how the turn stands. */
const NOTHING = { digest: Digest.make("0".repeat(64)), sequence: 0 } as const

/** What a decision names, where what was typed is how the digest of the one held turn with such an id begins. */
const shownAs = Effect.fnUntraced(function* (turn: string, digest: string) {
  const waiting = yield* (yield* Steward).pending
  const named = waiting.filter(
    ({ run, session, runbook }) => run.startsWith(turn) || (session ?? runbook ?? "").startsWith(turn)
  )
  const [pending] = named
  return pending && named.length === 1 && pending.digest.startsWith(digest) ? pending : null
})

export const decideAs = Effect.fnUntraced(function* (action: Action, flags: DecisionFlags) {
  const { turn, digest, service } = flags
  const pending = yield* shownAs(turn, digest)
  const about = {
    ...identityOf(service),
    reason: Option.getOrElse(flags.reason, () => (action === "approve" ? "acceptable" : "other")),
    turn: pending?.run ?? turn,
    digest: pending?.digest ?? NOTHING.digest,
    sequence: pending?.sequence ?? NOTHING.sequence
  }
  // What does not wait is not worth a text: why it cannot be decided is said at once.
  if (!pending || action === "approve" || action === "reject" || action === "close") {
    const plain = action === "edit" || action === "redirect" ? "reject" : action
    return yield* carryOut({ ...about, action: plain }, flags)
  }
  if (action === "edit") {
    return yield* carryOut({ ...about, action, text: yield* editedText(flags, about) }, flags)
  }
  if (pending.runbook && flags.audit) {
    return yield* misused("Whether a step is audited was said when its runbook was begun: leave --audit out")
  }
  const request = {
    ...(yield* readAll(flags)),
    mode: pending.persona,
    audit: flags.audit,
    principal: about.principal,
    surface: "cli",
    checks: { constellation: true, health: true }
  } as const
  return yield* carryOut({ ...about, action, request }, flags)
})

/** A file, standard input, or what a person makes of the held text in their editor. */
const editedText = Effect.fnUntraced(function* (
  { file }: DecisionFlags,
  { turn, principal, digest }: Pick<Wish, "turn" | "principal" | "digest">
) {
  const stdio = yield* Stdio.Stdio
  if (Option.isSome(file) || !(yield* stdio.stdinIsTerminal)) {
    const { prompt } = yield* read({ ...nowhere, file }).pipe(
      Effect.catchIf(
        (reason) => reason._tag === "RuntimeFailure" && reason.code === "PROMPT_REQUIRED",
        () => failure("STEWARD_TEXT_REQUIRED", "gate")
      )
    )
    return prompt
  }
  const { text } = yield* (yield* Steward).show(turn, principal)
  if (text.digest !== digest) return yield* failure("STEWARD_STALE", "gate")
  return yield* (yield* Editor).edit(text.text)
})

const carryOut = Effect.fnUntraced(function* (wish: Wish, { raw, noStream }: DecisionFlags) {
  const { output } = yield* root
  const steward = yield* Steward
  const told = { cancelled: sayCancelled(output) }
  const decideBy = (watcher: Watcher) =>
    steward.decide(wish.action === "redirect" ? { ...wish, watcher } : wish)
  if (output !== "text") return yield* printed(wish, yield* decideBy({ ...unwatched, ...told }))
  if (wish.action !== "redirect" || noStream) {
    return yield* tellDecided(yield* decideBy({ ...unwatched, ...told }), { begun: false, raw })
  }
  const { begun, result } = yield* follow(frames(decideBy, told), raw)
  if (Option.isSome(result)) yield* tellDecided(result.value, { begun, raw })
})

/** The decision as JSON. What became of the next turn is in it, and in the exit code. */
const printed = Effect.fnUntraced(function* (wish: Wish, decided: Decided) {
  const { output } = yield* root
  const status = decided.session && (yield* (yield* Sessions).status(decided.session))
  const { next } = decided
  const shown = next && ("code" in next ? failureOutput(next) : turnOutput(yield* rested(next, status)))
  const runbook = yield* standingOf(decided)
  yield* print(output, DecisionOutput, decisionOutput(wish, decided, { status, runbook }, shown), () => "")
  if (next) yield* "code" in next ? Effect.fail(new FailureInResult()) : heldOr(next)
})

const tellDecided = Effect.fnUntraced(function* (
  decided: Decided,
  { begun, raw }: { readonly begun: boolean; readonly raw: boolean }
) {
  const { action, run, session, runbook, released, issues, next } = decided
  const then = runbook && thenOf(runbook, yield* standingOf(decided))
  if (released) {
    yield* say(released)
    if (raw) return
    yield* sayOutput({ released })
    const told = facts({ run, released, leftOut: 0, memory: null, issues })
    return yield* note(`${done[action]} · ${told} · ${then ?? `session ${session}`}`)
  }
  const isGoingOn = next !== null && !("code" in next)
  // How a runbook stands is known once its step has come to rest.
  const where = !runbook ? ` Session ${session}` : isGoingOn ? "" : ` ${capital(then ?? "")}`
  yield* note(`${done[action]}: the draft of run ${run} is discarded.${where}`)
  if (!next) return
  if ("code" in next) return yield* next
  yield* tell(next, session && (yield* (yield* Sessions).status(session)), { begun, raw })
  if (then && !raw) yield* note(capital(then))
})

/** How the runbook stands that a decided step is of; null beside a turn. */
const standingOf = Effect.fnUntraced(function* ({ runbook }: Decided) {
  return runbook && (yield* (yield* Runbooks).place(runbook)).execution.after.status
})

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** What a runbook waits for once a step of it is decided. */
const thenOf = (run: RunId, status: RunbookStatus | null): string => {
  switch (status) {
    case "completed":
      return `the runbook is done: io3 runbook show ${run}`
    case "terminated":
      return `the runbook has ended: io3 runbook show ${run}`
    default:
      return `go on: io3 resume ${run}`
  }
}

const done = {
  approve: "approved",
  edit: "edited",
  redirect: "Redirected",
  reject: "Rejected",
  close: "Closed"
} as const satisfies Record<Action, string>
