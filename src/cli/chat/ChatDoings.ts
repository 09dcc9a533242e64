/** Owns what the commands within a conversation do. */
import { Console, Effect, Ref } from "effect"
import { Sessions } from "../../core/session/Sessions.ts"
import type { Status } from "../../core/session/Status.ts"
import { termsOf } from "../../domain/config/Policy.ts"
import type { Content } from "../../domain/Content.ts"
import { Principal } from "../../domain/Ids.ts"
import { isSet } from "../../domain/session/Steward.ts"
import { type SessionMode, SessionMode as Modes } from "../../domain/session/Turn.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { choose, chooseAll, help, type Name, undoing } from "./ChatCommands.ts"
import { retell } from "./ChatNews.ts"
import { ChatLine } from "./ChatResults.ts"
import { begun, change, misunderstood, type Talk } from "./ChatTalk.ts"
import { columns, counted } from "../Facts.ts"
import { written } from "../Moment.ts"
import { note, printLine } from "../Output.ts"
import { root } from "../root.ts"
import { sessionOutput } from "../../api/results/SessionResults.ts"

const principal = Principal.make("local")

/** Whether the conversation is over with it. */
export const obey = Effect.fn(function* (
  talk: Talk,
  { name, argument }: { readonly name: Name; readonly argument: Content }
) {
  const { session } = yield* Ref.get(talk)
  switch (name) {
    case "help":
      yield* Console.error(help)
      return false
    case "undo":
      yield* note(undoing)
      return false
    case "mode":
      yield* mode(talk, argument)
      return false
    case "audit":
      yield* audit(talk, argument)
      return false
    case "pack":
      yield* pack(talk, argument)
      return false
    case "status":
      yield* status(talk)
      return false
    case "history":
      yield* session ? retell(session) : note("Nothing was asked yet.")
      return false
    case "title":
      yield* title(talk, argument)
      return false
    case "close":
      return yield* close(talk)
    case "quit":
      return true
  }
})

const mode = Effect.fnUntraced(function* (talk: Talk, argument: Content) {
  const { session, start, mode } = yield* Ref.get(talk)
  if (argument.isBlank) return yield* note(`The mode is ${mode}.`)
  const wanted = choose(argument, Modes.literals)
  if (!wanted) return yield* misunderstood(talk, "/mode work or /mode steward")
  if (session) yield* (yield* Sessions).changeMode(session, wanted, principal)
  yield* change(talk, { mode: wanted, start: { ...start, mode: wanted } })
  yield* note(`The mode is ${wanted} from the next turn on.`)
  if (wanted === "steward") yield* warn(talk)
})

/** Nobody should wait for a steward whom nothing calls. */
export const warn = Effect.fnUntraced(function* (talk: Talk) {
  const { session } = yield* Ref.get(talk)
  const { thresholds } = session
    ? (yield* (yield* Sessions).place(session)).session.terms
    : termsOf((yield* Configuration).settings.runtime)
  if (isSet(thresholds)) return
  yield* note(
    session
      ? "This session began without a threshold: nobody will be asked."
      : "No threshold is set (steward_thresholds in runtime.yaml): nobody will be asked."
  )
})

const audit = Effect.fnUntraced(function* (talk: Talk, argument: Content) {
  const { session, start, audit } = yield* Ref.get(talk)
  const isAlways = session !== null && start.audit
  const now = audit || start.audit
  if (argument.isBlank) return yield* note(`Audit is ${now ? "on" : "off"}.`)
  const wanted = choose(argument, ["on", "off"])
  if (!wanted) return yield* misunderstood(talk, "/audit on or /audit off")
  if (wanted === "off" && isAlways) {
    return yield* misunderstood(talk, "This session began with --audit: each of its turns is audited.")
  }
  yield* change(talk, {
    audit: wanted === "on",
    ...(wanted === "off" && { start: { ...start, audit: false } })
  })
  yield* note(`Audit is ${wanted} for the next turns of this chat.`)
})

const pack = Effect.fnUntraced(function* (talk: Talk, argument: Content) {
  const { packs } = yield* Ref.get(talk)
  if (argument.isBlank) return yield* note(reads(packs))
  const { settings } = yield* Configuration
  const declared = settings.memoryPacks.packs.map(({ id }) => id)
  const wanted = choose(argument, ["none"]) ? [] : chooseAll(argument, declared)
  if (!wanted) return yield* misunderstood(talk, "No such pack is declared; io3 memory packs lists them.")
  yield* change(talk, { packs: wanted })
  yield* note(`${reads(wanted)} From the next turn of this chat on.`)
})

const reads = (packs: ReadonlyArray<string> | null): string =>
  packs === null
    ? "The packs are those of the session, or of the configuration."
    : packs.length === 0
      ? "No memory is read."
      : `The packs are ${packs.join(", ")}.`

const title = Effect.fnUntraced(function* (talk: Talk, argument: Content) {
  if (argument.isBlank) return yield* misunderstood(talk, "/title and a name")
  yield* (yield* Sessions).retitle(yield* begun(talk), argument, principal)
  yield* note("Named.")
})

const close = Effect.fnUntraced(function* (talk: Talk) {
  const { session } = yield* Ref.get(talk)
  if (!session) {
    yield* note("There is nothing to close: nothing was asked yet. /quit leaves.")
    return false
  }
  const sessions = yield* Sessions
  const { open } = yield* sessions.status(session)
  yield* sessions.close(session, principal)
  yield* note(open ? "Closed; the answer that was held is discarded." : "Closed.")
  // There is nothing to come back to.
  yield* change(talk, { session: null, held: false })
  return true
})

const status = Effect.fnUntraced(function* (talk: Talk) {
  const { output } = yield* root
  const { session, start, audit } = yield* Ref.get(talk)
  if (!session) {
    return yield* note(
      `A new session, not begun yet · ${start.mode} · ${start.persona} · audit ${audit || start.audit ? "on" : "off"}`
    )
  }
  const now = yield* (yield* Sessions).status(session)
  yield* output === "text"
    ? Console.error(describe(now, audit, (yield* Ref.get(talk)).persona))
    : printLine(ChatLine, { type: "status", ...sessionOutput(now) })
})

const describe = (now: Status, audit: boolean, persona: string | null): string =>
  columns([
    ["session", now.session],
    ["status", `${now.status}${waits(now)}`],
    ["mode", modeOf(now.mode)],
    ["persona", persona ?? now.persona],
    ["audit", now.audit || audit ? "on" : "off"],
    [
      "turns",
      `${now.turnCount} of ${now.maxTurns}, ${now.turnsRemaining} left; ${counted(now.turns, "turn")} begun`
    ],
    ["tokens", String(now.tokens)],
    ["since", written(now.createdAt)]
  ]).join("\n")

const waits = ({ open }: Status): string =>
  open === null
    ? ""
    : open.threshold === null
      ? ` · a turn is under way: ${open.run}`
      : ` · held (${open.threshold}): io3 steward show ${open.run}`

const modeOf = (mode: SessionMode): string =>
  mode === "work" ? "work: nobody has to be asked" : "steward: a steward is asked where a threshold fires"
