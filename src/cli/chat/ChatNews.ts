/** Owns what is told of a session's turns that did not end before the eyes of whoever asked: decided, or asked, elsewhere. */
import { Effect, Ref } from "effect"
import { History } from "../../core/ledger/History.ts"
import { type Ended, News } from "../../core/session/News.ts"
import { Sessions } from "../../core/session/Sessions.ts"
import { Steward } from "../../core/session/Steward.ts"
import { Transcripts } from "../../core/session/Transcripts.ts"
import { codes } from "../../domain/Failure.ts"
import type { SessionId } from "../../domain/Ids.ts"
import { say, sayOutput, writer } from "../AnswerText.ts"
import { ChatLine } from "./ChatResults.ts"
import { change, type Talk } from "./ChatTalk.ts"
import { facts } from "../Facts.ts"
import { note, printLine } from "../Output.ts"
import { runOutput } from "../../api/results/RunResults.ts"
import { root } from "../root.ts"
import { conversation } from "../session/SessionDetail.ts"
import { transcriptOutput } from "../../api/results/SessionResults.ts"

/** Tells what has ended since it was looked at; yields the turn that is held, or runs somewhere, now. */
export const catchUp = Effect.fn(function* (talk: Talk) {
  const { session } = yield* Ref.get(talk)
  return session ? yield* look(talk, session) : null
})

const look = Effect.fnUntraced(function* (talk: Talk, session: SessionId) {
  const sessions = yield* Sessions
  const { row, told } = yield* Ref.get(talk)
  const before = yield* sessions.status(session)
  // Nobody else may be there to notice that it is too late.
  if (before.open && before.open.threshold !== null) yield* (yield* Steward).expire
  const news = yield* (yield* News).after(session, row)
  yield* change(talk, { row: news.row, told: new Set() })
  for (const turn of news.ended) if (!told.has(turn.run)) yield* report(session, turn)
  const { mode, open } = yield* sessions.status(session)
  yield* change(talk, { mode, held: open !== null && open.threshold !== null })
  return open
})

const report = Effect.fnUntraced(function* (session: SessionId, turn: Ended) {
  const { output } = yield* root
  const { run, index, status, code } = turn
  const about = { session_id: session, run_id: run }
  if (status !== "released") {
    if (output !== "text") {
      return yield* printLine(ChatLine, { type: "discarded", ...about, status, error_code: code })
    }
    const what = code ? `${code}: ${codes[code].advice}` : `Turn ${index} was cancelled.`
    return yield* note(`${what}\n  io3 runs show ${run}`)
  }
  const history = yield* History
  const result = yield* history.text(run)
  if (output !== "text") {
    return yield* printLine(ChatLine, { type: "released", ...about, ...runOutput(result) })
  }
  const decision = (yield* history.find(run)).state?.decision
  if (decision) yield* note(decision.action === "edit" ? EDITED : APPROVED)
  else yield* sayAsked(session, turn)
  yield* say(result.released)
  yield* sayOutput(result)
  yield* note(facts(result))
})

const APPROVED = "A steward let the answer out:"
const EDITED = "A steward let another text out in place of the answer:"

/** What somebody else asked in this session, a steward who redirected it perhaps. */
const sayAsked = Effect.fnUntraced(function* (session: SessionId, { run, index }: Ended) {
  const { said } = yield* (yield* Transcripts).text(session)
  const prompt = said.find(({ turn }) => turn.run === run)?.prompt
  yield* note(`Turn ${index}, asked elsewhere:`)
  if (prompt) yield* say(prompt)
  yield* note("Its answer:")
})

/** All of a session so far. */
export const retell = Effect.fn(function* (session: SessionId) {
  const { output } = yield* root
  const transcript = yield* (yield* Transcripts).text(session)
  if (output !== "text") {
    return yield* printLine(ChatLine, { type: "history", ...transcriptOutput(transcript) })
  }
  yield* (yield* writer)(conversation(transcript))
})
