/** Owns what a receipt has to say: what left, whose words it was, and what the run had cost by then. */
import { hold } from "./chain.mjs"
import { same } from "./forms.mjs"
import { mayStream } from "./gate.mjs"
import { asksNobody, STAND_IN } from "./laws.mjs"
import { lastCall } from "./steps.mjs"

const UNPAID = new Set(["connection_refused", "model_not_found"])

export const usageOf = ({ calls }) => {
  const settled = calls.flatMap((call) => call.settled ?? [])
  const paid = settled.filter(({ fallback }) => !UNPAID.has(fallback))
  const sum = (counts) => (counts.includes(null) ? null : counts.reduce((total, count) => total + count, 0))
  return {
    calls: calls.length,
    inputTokens: sum(paid.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(paid.map(({ outputTokens }) => outputTokens)),
    latencyMillis: sum(settled.map(({ latencyMillis }) => latencyMillis))
  }
}

export const answerOf = (run, audit) => lastCall(run, audit === "revised" ? "revision" : "draft")

const isEdited = ({ decision }) => decision?.action === "edit"

/** The id of the text that leaves. */
export const contentOf = (run, audit) => {
  if (isEdited(run)) return "edit"
  if (asksNobody(run)) return "capability"
  const { purpose, attempt } = answerOf(run, audit).intended
  return `${purpose}.${attempt}`
}

/** Whose words they are, and in place of which others. */
const wordsOf = (run, { provider }) =>
  isEdited(run)
    ? { provenance: "mixed", basis: run.decision.digest }
    : { provenance: asksNobody(run) ? "capability" : provider === "null" ? "stand_in" : "model" }

/** What a capability made leaves beside a whole answer; it is the answer where no model was asked. */
const besides = (run, complete) => {
  const { id, digest, outputChars: chars } = run.invoked ?? { digest: null }
  return complete && digest !== null && !asksNobody(run) ? { capability: { id, digest, chars } } : {}
}

/** Whether a text is all of what leaves: the steward's, or the answer. One without a letter has its digest at the gate. */
const isWhole = (run, settled, { digest, chars }) => {
  if (isEdited(run)) return same({ digest, chars }, run.decision.edited)
  if (asksNobody(run)) return digest === run.invoked.digest && chars === run.invoked.outputChars
  return chars === settled.chars && digest === (settled.digest ?? run.gate?.digest ?? digest)
}
const isStart = (settled, { digest, chars }) =>
  chars < settled.chars || (chars === settled.chars && digest === settled.digest)

export const checkReceipt = (run, receipt, complete, audit) => {
  const isNobody = asksNobody(run)
  const answer = isNobody && complete ? { intended: STAND_IN, settled: null } : answerOf(run, audit)
  hold(answer !== undefined, "receipt")
  const { intended, settled } = answer
  const { digest, chars } = receipt
  hold(complete ? isWhole(run, settled, receipt) : isStart(settled, receipt), "receipt")
  const derived = {
    digest,
    chars,
    complete,
    ...wordsOf(run, intended),
    finish: settled?.finish ?? null,
    mode: run.accepted.mode,
    provider: intended.provider,
    model: intended.model,
    fallbackUsed: run.route.fallbackUsed || run.calls.some((call) => call.intended.fallbackReason !== null),
    configDigest: run.accepted.configDigest,
    promptHash: run.context.promptHash,
    audit,
    auditor: run.audit?.verdict
      ? { provider: run.audit.provider, model: run.audit.model, independent: run.audit.independent }
      : null,
    certificate: run.certificate,
    usage: usageOf(run),
    ...besides(run, complete)
  }
  hold(same(receipt, derived), "receipt")
}

/** What left before a run ended otherwise. */
export const checkRest = (run, { receipt }) => {
  if (receipt === null) return
  hold(mayStream(run), "receipt")
  checkReceipt(run, receipt, false, "none")
}
