/** Owns how sessions read in a terminal: in a line, with their turns, and as what was said. */
import type { Status } from "../../core/session/Status.ts"
import type { View } from "../../core/session/Steward.ts"
import type { Past, Said, Transcript } from "../../core/session/Transcripts.ts"
import type { TurnRecord } from "../../core/session/TurnRecords.ts"
import { columns, counted, seconds } from "../Facts.ts"
import { written } from "../Moment.ts"
import { plainPieces } from "../Plain.ts"

/** `tokensAtGate` are those of the session with its held turn, where that is known. */
export const describe = (
  status: Status,
  title: string | null = null,
  tokensAtGate: number | null = null
): string => {
  const { session, mode, turnCount, maxTurns, turnsRemaining, persona, audit } = status
  return columns([
    ["session", session],
    ["title", title],
    ["status", `${status.status}${hint(status)}`],
    ["mode", `${mode}${mode === "steward" && !status.thresholds ? `: ${UNASKED}` : ""}`],
    ["persona", `${persona}${audit ? " · each turn is audited" : ""}`],
    ["turns", `${turnCount} of ${maxTurns}, ${turnsRemaining} left · ${spent(status, tokensAtGate)}`],
    ["begun", written(status.createdAt)],
    ["changed", written(status.updatedAt)]
  ]).join("\n")
}

/** A session counts the tokens of a turn once it has ended. */
const spent = ({ tokens, open }: Status, tokensAtGate: number | null): string => {
  if (open === null) return counted(tokens, "token")
  const turn = open.threshold === null ? "the turn that is under way" : "the turn that is held"
  return tokensAtGate === null
    ? `${counted(tokens, "token")} without ${turn}`
    : `${counted(tokensAtGate, "token")} with ${turn}`
}

/** Nobody should wait for a steward whom nothing calls. */
export const UNASKED = "it began without a threshold (steward_thresholds), and nobody will be asked"

/** What to type next. */
const hint = ({ session, status, open, erased }: Status): string => {
  if (erased) return " · its texts were erased"
  switch (status) {
    case "paused":
      return open ? ` (${open.threshold}): io3 steward show ${open.run}` : ""
    case "active":
      return open ? ` · a turn is under way: ${open.run}` : `: io3 session continue ${session} --prompt TEXT`
    case "closed":
    case "at_limit":
      return ""
  }
}

export const sessionLine = (status: Status, title: string | null): string =>
  [
    status.session,
    status.status.padEnd(8),
    status.mode.padEnd(7),
    written(status.updatedAt),
    `${status.turnCount} of ${counted(status.maxTurns, "turn")}`,
    ...(title === null ? [] : [title]),
    ...(status.erased ? ["erased"] : [])
  ].join("  ")

/** A title on one line, with nothing in it that moves the terminal. */
export const oneLine = (text: string): string => plainPieces()(text).replaceAll(/\s+/gu, " ").trim()

export const describePast = ({ status, turns }: Past, title: string | null): string => {
  const held = status.open?.threshold ? turns.find(({ run }) => run === status.open?.run) : undefined
  const about = describe(status, title, held?.tokensAtGate ?? null)
  return [about, ...(turns.length === 0 ? [] : ["", ...turns.map(turnLine)])].join("\n")
}

const turnLine = (turn: TurnRecord): string =>
  [
    String(turn.index).padStart(4),
    turn.run,
    turn.status.padEnd(10),
    turn.persona,
    ...(turn.insteadOf === null ? [] : [`in place of ${turn.insteadOf}`]),
    ...(turn.threshold === null ? [] : [`held: ${turn.threshold}`]),
    ...(turn.code === null ? [] : [turn.code]),
    ...(turn.latencyMillis === null ? [] : [seconds(turn.latencyMillis)]),
    ...(turn.endedAt !== null && !turn.counts ? ["not counted"] : [])
  ].join("  ")

/** What was asked, each line of it marked, and under it what has left of the answer. */
export const conversation = ({ title, said }: Transcript): string => {
  const head = title === null ? [] : [`# ${oneLine(title.text)}`]
  const parts = [...head, ...said.map(exchange)]
  return parts.length === 0 ? "Nothing was said yet.\n" : `${parts.join("\n\n")}\n`
}

const exchange = ({ turn, prompt, file, answer }: Said): string =>
  [
    ...(turn.insteadOf === null ? [] : [`(${turn.index}, in place of ${turn.insteadOf})`]),
    ...(prompt ? [asked({ prompt, file })] : ["> (erased)"]),
    "",
    ...(answer ? [answer.text] : []),
    ...remark(turn, answer)
  ].join("\n")

/** What was asked, each line of it marked. */
export const asked = ({ prompt, file }: Pick<View, "prompt" | "file">): string =>
  [marked(prompt.text), ...(file ? ["> (attached)", marked(file.text)] : [])].join("\n")

/** What a held text is decided by: what was asked, what was drafted before it, and what an auditor has said, marked. */
export const judged = (view: View): string => {
  const { draft, claims, fixes } = view.text
  return [
    asked(view),
    ...(draft ? ["> (drafted first)", marked(draft.text)] : []),
    ...claims.flatMap(({ text }) => ["> (risky, to the auditor)", marked(text)]),
    ...fixes.flatMap(({ text }) => ["> (suggested by the auditor)", marked(text)])
  ].join("\n")
}

const marked = (text: string): string => text.replaceAll(/^/gmu, "> ")

const remark = ({ run, status, code }: TurnRecord, answer: Said["answer"]): ReadonlyArray<string> => {
  if (answer?.receipt.complete) {
    return answer.receipt.provenance === "mixed" ? ["(in the words of a steward)"] : []
  }
  if (answer) return [`(${status}; this much had left)`]
  switch (status) {
    case "held":
      return [`(held: io3 steward show ${run})`]
    case "running":
      return ["(under way)"]
    case "released":
      return ["(erased)"]
    default:
      return [`(${status}${code === null ? "" : `: ${code}`}; nothing left)`]
  }
}
