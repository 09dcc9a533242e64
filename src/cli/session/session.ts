/** Owns `io3 session`: conversations under control, turn by turn. */
import { Effect, Option } from "effect"
import { Sessions, type TurnRequest } from "../../core/session/Sessions.ts"
import type { Status } from "../../core/session/Status.ts"
import { Transcripts } from "../../core/session/Transcripts.ts"
import { Content } from "../../domain/Content.ts"
import { type Mode, Principal } from "../../domain/Ids.ts"
import type { Action, SessionMode } from "../../domain/session/Turn.ts"
import { writer } from "../AnswerText.ts"
import { complain } from "../Complaint.ts"
import { decideAs, type DecisionFlags } from "./Deciding.ts"
import { nowhere, read, type Sources } from "../Input.ts"
import { type Format, Held, note, noteOfPage, print } from "../Output.ts"
import { type InputFlags, packsOf, readAll } from "../RunInputs.ts"
import { root } from "../root.ts"
import { conversation, describe, describePast, oneLine, sessionLine, UNASKED } from "./SessionDetail.ts"
import {
  PastOutput,
  pastOutput,
  SessionOutput,
  sessionOutput,
  SessionsOutput,
  sessionsOutput,
  TranscriptOutput,
  transcriptOutput
} from "../../api/results/SessionResults.ts"
import { ask } from "./TurnAnswer.ts"
import { sayUntrusted } from "../Untrusted.ts"
import { misused } from "../Usage.ts"

const principal = Principal.make("local")

interface AskFlags extends Sources, InputFlags {
  readonly audit: boolean
  readonly raw: boolean
  readonly noStream: boolean
}

interface StartFlags extends AskFlags {
  readonly mode: SessionMode
  readonly persona: Mode
  readonly title: Option.Option<string>
}

export const start = Effect.fn(function* (flags: StartFlags) {
  const { output } = yield* root
  if (!flags.raw) yield* sayUntrusted
  const { mode, persona, audit, title } = flags
  // Nothing is read that nobody named: a program that starts this one may leave standard input open for ever.
  const hasPrompt = [flags.prompt, flags.file, flags.fileContext, flags.capability].some(Option.isSome)
  const packs = yield* packsOf(flags)
  const input = hasPrompt ? yield* readAll(flags) : null
  const status = yield* (yield* Sessions).start({
    mode,
    persona,
    audit,
    title: Option.getOrNull(Option.map(title, Content.of)),
    packs,
    principal,
    surface: "cli"
  })
  yield* sayUnasked(status)
  if (!input) return yield* printStatus(output, status)
  yield* ask(status.session, requestOf({ ...input, packs: null }, null, audit), { ...flags, output })
})

const sayUnasked = ({ mode, thresholds }: Status) =>
  mode === "steward" && !thresholds ? note(`A session in steward mode: ${UNASKED}.`) : Effect.void

const requestOf = (
  input: Effect.Success<ReturnType<typeof readAll>>,
  mode: Mode | null,
  audit: boolean
): TurnRequest => ({
  ...input,
  mode,
  audit,
  principal,
  surface: "cli",
  checks: { constellation: true, health: true }
})

/** A session, by an argument or a flag. */
interface Named {
  readonly session: Option.Option<string>
  readonly sessionId: Option.Option<string>
}

const nameOf = ({ session, sessionId }: Named) => {
  const [name, ...others] = [...Option.toArray(session), ...Option.toArray(sessionId)]
  return name === undefined || others.length > 0 ? misused("Name one session") : Effect.succeed(name)
}

interface ContinueFlags extends AskFlags, Named, Omit<DecisionFlags, "digest" | "turn"> {
  readonly persona: Option.Option<Mode>
  readonly insteadOf: Option.Option<number>
  readonly action: Option.Option<Action>
  readonly digest: Option.Option<string>
}

export const proceed = Effect.fn(function* (flags: ContinueFlags) {
  const { output } = yield* root
  const session = yield* nameOf(flags)
  if (Option.isNone(flags.action)) {
    if (Option.isSome(flags.digest)) return yield* misused("--digest goes with --action")
    if (!flags.raw) yield* sayUntrusted
    const request = requestOf(yield* readAll(flags), Option.getOrNull(flags.persona), flags.audit)
    const insteadOf = Option.getOrNull(flags.insteadOf)
    return yield* ask(session, { ...request, insteadOf }, { ...flags, output }).pipe(
      // What was asked of a session that waits was not done, and it is known what to do.
      Effect.catchTag("RuntimeFailure", (reason) =>
        reason.code === "SESSION_PAUSED"
          ? Effect.andThen(complain({ wanted: output, reason }), Effect.fail(new Held()))
          : Effect.fail(reason)
      )
    )
  }
  if (Option.isNone(flags.digest)) return yield* misused("--action goes with --digest")
  if (Option.isSome(flags.insteadOf)) return yield* misused("--instead-of goes with a prompt")
  const turn = yield* heldIn(session)
  yield* decideAs(flags.action.value, { ...flags, turn, digest: flags.digest.value })
})

/** The turn that waits in a session, or that did last: whoever comes too late is told who was first. */
const heldIn = Effect.fnUntraced(function* (session: string) {
  const { status, turns } = yield* (yield* Transcripts).turns(session)
  const held = status.open?.run ?? turns.findLast(({ threshold }) => threshold !== null)?.run
  return held ?? status.session
})

interface ListFlags {
  readonly limit: number
  readonly cursor: Option.Option<number>
}

export const list = Effect.fn(function* ({ limit, cursor }: ListFlags) {
  const { output } = yield* root
  const page = yield* (yield* Sessions).list(limit, Option.getOrNull(cursor))
  const lines = output === "text" ? yield* Effect.forEach(page.sessions, titledLine) : []
  const none = Option.isSome(cursor) ? "No further sessions." : "No sessions yet."
  yield* print(output, SessionsOutput, sessionsOutput(page), () => lines.join("\n") || none)
  yield* noteOfPage(output, page)
})

const titledLine = Effect.fnUntraced(function* (status: Status) {
  const title = status.titled ? yield* (yield* Transcripts).title(status.session) : null
  return sessionLine(status, title && oneLine(title.text))
})

export const show = Effect.fn(function* ({
  session,
  text
}: {
  readonly session: string
  readonly text: boolean
}) {
  const { output } = yield* root
  const transcripts = yield* Transcripts
  if (!text) {
    const past = yield* transcripts.turns(session)
    const title = output === "text" ? yield* transcripts.title(session) : null
    return yield* print(output, PastOutput, pastOutput(past), () =>
      describePast(past, title && oneLine(title.text))
    )
  }
  const transcript = yield* transcripts.text(session)
  if (output !== "text") {
    return yield* print(output, TranscriptOutput, transcriptOutput(transcript), () => "")
  }
  const out = yield* writer
  yield* out(conversation(transcript))
})

export const status = Effect.fn(function* (named: Named) {
  const { output } = yield* root
  yield* printStatus(output, yield* (yield* Sessions).status(yield* nameOf(named)))
})

interface Given {
  readonly session: string
}

export const mode = Effect.fn(function* ({ session, mode }: Given & { readonly mode: SessionMode }) {
  const { output } = yield* root
  const status = yield* (yield* Sessions).changeMode(session, mode, principal)
  yield* sayUnasked(status)
  yield* printStatus(output, status)
})

export const title = Effect.fn(function* ({
  session,
  title
}: Given & { readonly title: Option.Option<string> }) {
  const { output } = yield* root
  const { prompt: given } = yield* read({ ...nowhere, prompt: title }).pipe(
    Effect.catchIf(
      (reason) => reason._tag === "RuntimeFailure" && reason.code === "PROMPT_REQUIRED",
      () => misused("A title is required: --title or standard input")
    )
  )
  yield* printStatus(output, yield* (yield* Sessions).retitle(session, given, principal))
})

export const close = Effect.fn(function* (named: Named) {
  const { output } = yield* root
  yield* printStatus(output, yield* (yield* Sessions).close(yield* nameOf(named), principal))
})

const printStatus = (output: Format, status: Status) =>
  print(output, SessionOutput, sessionOutput(status), () => describe(status))
