/** Owns `io3 chat`: a conversation on a session, at a terminal or through a pipe. */
import { Console, Effect, Option, Ref, Runtime, Schema } from "effect"
import { Router } from "../../core/run/Router.ts"
import type { Start } from "../../core/session/Beginning.ts"
import { Sessions } from "../../core/session/Sessions.ts"
import type { Status } from "../../core/session/Status.ts"
import { Content } from "../../domain/Content.ts"
import { Exit, failure, inSession } from "../../domain/Failure.ts"
import { Mode, Principal, type RunId } from "../../domain/Ids.ts"
import type { SessionMode } from "../../domain/session/Turn.ts"
import { Lines } from "../../ports/Lines.ts"
import { read } from "./ChatCommands.ts"
import { obey, warn } from "./ChatDoings.ts"
import { catchUp } from "./ChatNews.ts"
import { begun, change, complainIn, misunderstood, sayHeld, type Standing, type Talk } from "./ChatTalk.ts"
import { answer } from "./ChatTurn.ts"
import { counted } from "../Facts.ts"
import { textOf } from "../Input.ts"
import { type PackFlags, packsOf } from "../RunInputs.ts"
import { blank, cut, type Draft, grow } from "./Message.ts"
import { note } from "../Output.ts"
import { sayUntrusted } from "../Untrusted.ts"
import { misused } from "../Usage.ts"

interface ChatFlags extends PackFlags {
  readonly mode: Option.Option<SessionMode>
  readonly persona: Option.Option<Mode>
  readonly last: boolean
  readonly session: Option.Option<string>
  readonly audit: boolean
  readonly fileContext: Option.Option<string>
  readonly title: Option.Option<string>
}

/** The conversation is over, and its end says how it went; all of it was said already. */
class ChatEnded extends Schema.TaggedError<ChatEnded>()("ChatEnded", { exit: Schema.Int }) {
  override get [Runtime.errorExitCode](): number {
    return this.exit
  }
}

export const chat = Effect.fn(function* (flags: ChatFlags) {
  if (flags.last && Option.isSome(flags.session)) {
    return yield* misused("--continue and --session-id name two sessions: say one")
  }
  if (Option.contains(flags.fileContext, "-")) {
    return yield* misused("Standard input is the conversation, and no file beside it")
  }
  const packs = yield* packsOf(flags)
  yield* sayUntrusted
  const text = Option.isSome(flags.fileContext) ? yield* textOf(flags.fileContext.value) : Content.empty
  const talk = yield* open(flags, packs)
  yield* change(talk, { packs, file: text.isBlank ? null : text })
  yield* converse(talk)
  const { isTerminal } = yield* Lines
  const { session, held, failed } = yield* Ref.get(talk)
  if (isTerminal && session) yield* note("To come back: io3 chat -c")
  // At a terminal somebody has read what failed.
  const exit = held ? Exit.paused : isTerminal ? Exit.success : failed
  if (exit !== Exit.success) return yield* new ChatEnded({ exit })
})

const principal = Principal.make("local")
const EXECUTOR = Mode.make("executor")

/** Finds the session to go on with, or what another one is to begin with. */
const open = Effect.fnUntraced(function* (flags: ChatFlags, packs: Start["packs"]) {
  const persona = Option.getOrNull(flags.persona)
  const found = Option.isSome(flags.session)
    ? yield* (yield* Sessions).status(flags.session.value)
    : flags.last
      ? yield* newest
      : null
  // A mode that cannot answer is found out before anything is typed.
  yield* (yield* Router).resolveAnswer(persona ?? found?.persona ?? EXECUTOR)
  const title = Option.getOrNull(Option.map(flags.title, Content.of))
  return found ? yield* goOn(found, flags, title) : yield* beginAnew(flags, title, packs)
})

const beginAnew = Effect.fnUntraced(function* (
  flags: ChatFlags,
  title: Content | null,
  packs: Start["packs"]
) {
  const start: Start = {
    mode: Option.getOrElse(flags.mode, () => "work" as const),
    persona: Option.getOrElse(flags.persona, () => EXECUTOR),
    audit: flags.audit,
    title,
    packs,
    principal,
    surface: "cli"
  }
  const { isTerminal } = yield* Lines
  if (isTerminal) {
    yield* note(
      `${flags.last ? "There is no session to go on with: a new one" : "A new session"} · ${start.mode} · ${start.persona}${start.audit ? " · audited" : ""} · /help`
    )
  }
  const talk = yield* Ref.make<Standing>({ ...nothing, start, mode: start.mode })
  if (start.mode === "steward") yield* warn(talk)
  // A name is a word of somebody's already, and may be none that a session can have.
  if (title) yield* begun(talk)
  return talk
})

const goOn = Effect.fnUntraced(function* (found: Status, flags: ChatFlags, title: Content | null) {
  const sessions = yield* Sessions
  const { session, persona } = found
  if (found.status === "closed") return yield* inSession(session)(failure("SESSION_NOT_ACTIVE", "setup"))
  const mode = Option.getOrElse(flags.mode, () => found.mode)
  yield* sessions.changeMode(session, mode, principal)
  if (title) yield* sessions.retitle(session, title, principal)
  const { sequence } = yield* sessions.place(session)
  yield* note(
    `Goes on with ${session} · ${found.turnCount} of ${counted(found.maxTurns, "turn")} · ${mode} · ${Option.getOrElse(flags.persona, () => persona)} · /history shows it`
  )
  const start: Start = {
    mode,
    persona,
    audit: found.audit,
    title: null,
    packs: null,
    principal,
    surface: "cli"
  }
  const talk = yield* Ref.make<Standing>({
    ...nothing,
    session,
    start,
    mode,
    persona: Option.getOrNull(flags.persona),
    audit: flags.audit,
    row: sequence
  })
  const { open } = found
  if (open && open.threshold !== null) {
    yield* change(talk, { held: true })
    yield* sayHeld(session, open.run, open.threshold)
  }
  return talk
})

const nothing = {
  session: null,
  persona: null,
  audit: false,
  file: null,
  packs: null,
  row: 0,
  told: new Set<RunId>(),
  held: false,
  failed: 0
} as const

const PAGE = 200

/** The session that was used last and is not closed; null without one. */
const newest = Effect.gen(function* () {
  const sessions = yield* Sessions
  let found: Status | null = null
  for (let cursor: number | null = null; ;) {
    const page: Effect.Success<ReturnType<typeof sessions.list>> = yield* sessions.list(PAGE, cursor)
    for (const one of page.sessions) {
      if (one.status !== "closed" && one.updatedAt > (found?.updatedAt ?? -1)) found = one
    }
    cursor = page.next
    if (cursor === null) return found
  }
})

const MORE = "… "

/** Takes one message after the other, until somebody leaves. */
const converse = Effect.fnUntraced(function* (talk: Talk) {
  const lines = yield* Lines
  let draft: Draft = blank
  let isWarned = false
  for (;;) {
    const { mode } = yield* Ref.get(talk)
    const prompt = draft !== blank ? MORE : mode === "steward" ? "steward> " : "> "
    const heard = yield* lines.ask(prompt).pipe(
      Effect.asSome,
      Effect.catch((reason) => Effect.as(complainIn(talk, reason), Option.none()))
    )
    if (Option.isNone(heard)) {
      draft = blank
      continue
    }
    switch (heard.value._tag) {
      case "Ended":
        // Somebody at a terminal who leaves within a message does not send it.
        if (!lines.isTerminal && draft !== blank) yield* take(talk, cut(draft), true)
        return
      case "Interrupted": {
        const isIdle = heard.value.nothing && draft === blank
        if (isIdle && isWarned) return
        draft = blank
        isWarned = isIdle
        if (isIdle) yield* note("To leave, press Ctrl-C again, or Ctrl-D.")
        break
      }
      default: {
        isWarned = false
        const grown = grow(draft, heard.value)
        draft = grown._tag === "More" ? grown.draft : blank
        if (grown._tag === "More") break
        if (yield* take(talk, grown.content, grown.isLiteral)) return
      }
    }
  }
})

/** Whether it was the last one. */
const take = Effect.fnUntraced(function* (talk: Talk, content: Content, isLiteral: boolean) {
  return yield* Effect.gen(function* () {
    const open = yield* catchUp(talk)
    const { session } = yield* Ref.get(talk)
    const typed = read(content, isLiteral)
    if (typed._tag === "Command") return yield* obey(talk, typed)
    if (typed._tag === "Unknown") {
      const meant = typed.meant ? `did you mean /${typed.meant}?` : "/help lists them."
      yield* misunderstood(
        talk,
        `Unknown command; ${meant} A message that begins with / is typed with two: //`
      )
    } else if (session && open && open.threshold !== null) {
      if (!content.isBlank) yield* Console.error("Not sent: the turn before is not decided yet.")
      yield* sayHeld(session, open.run, open.threshold)
    } else if (!typed.content.isBlank) yield* answer(talk, typed.content)
    return false
  }).pipe(Effect.catchTag("RuntimeFailure", (reason) => Effect.as(complainIn(talk, reason), false)))
})
