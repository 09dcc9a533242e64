/**
 * Owns the life of one run, made again from its events: what each has to say. Without a
 * configuration (`rules` is null, as for a disclosure) what follows from one is not asked.
 */
import { hold } from "./chain.mjs"
import { isOfCapability } from "./codes.mjs"
import { same } from "./forms.mjs"
import { checkDecision, checkGate } from "./gate.mjs"
import { asksNobody, certificateOf, isSameModel, reservationsOf, STAND_IN } from "./laws.mjs"
import { checkRecalled } from "./memory.mjs"
import { answerOf, checkReceipt, checkRest } from "./receipt.mjs"
import { checkGiven, isRequest } from "./request.mjs"
import { isWithin } from "./runbook.mjs"
import { isBeforeContext, isUnread, lastCall, mayStand, saysWhatIsDue, stepOf } from "./steps.mjs"

export const newRun = (stream) => ({
  stream,
  rules: null,
  accepted: null,
  route: null,
  /** What came of the capability; null before it. */
  invoked: null,
  context: null,
  certificate: null,
  reserved: null,
  calls: [],
  audit: null,
  gate: null,
  /** The row that holds it, and its time; null where it is not held. */
  held: null,
  decision: null,
  ending: null,
  attempt: 1,
  erased: false,
  /** The time of the first intent; null before it. */
  reservedAt: null
})

/** Where a call goes; null where nobody is to be asked. */
const placeFor = ({ route, rules, calls }, purpose, attempt) => {
  if (purpose === "audit") return rules.auditor
  if (purpose === "draft") return (attempt === 1 ? route.selected : route.alternate) ?? STAND_IN
  return calls.findLast(({ intended }) => intended.purpose === "draft").intended
}

const mayJudge = ({ accepted, rules }, drafter) =>
  !accepted.checks.constellation ||
  rules.policy.allowSameModel ||
  !isSameModel(rules.auditor.model, drafter.model)

const checkCall = (run, event, { place }) => {
  const { purpose, attempt, fallbackReason, provider, model, reserved } = event
  hold(same({ purpose, attempt, fallbackReason }, place), "call")
  if (run.rules !== null) {
    const to = placeFor(run, purpose, attempt)
    hold(to !== null && to.provider === provider && to.model === model, "call")
    hold(purpose !== "audit" || mayJudge(run, lastCall(run, "draft").intended), "call")
    hold(same(reserved, run.reserved[`${purpose} ${attempt}`]), "call")
  }
  hold(isCertified(run, reserved), "transition")
}

/** Whether a call more is within what was certified for all of them. */
const isCertified = ({ calls, certificate }, reserved) => {
  const all = [...calls.map(({ intended }) => intended.reserved), reserved]
  const sum = (name) => all.reduce((total, one) => total + one[name], 0)
  return (
    all.length <= certificate.calls &&
    ["inputTokens", "outputTokens", "wallMillis"].every((name) => sum(name) <= certificate[name])
  )
}

const checkSettled = ({ intended }, event) => {
  const { outcome, code, fallback, finish, digest, chars, latencyMillis, firstTokenMillis } = event
  const { reserved } = intended
  const begun = firstTokenMillis !== null
  hold(event.purpose === intended.purpose && event.attempt === intended.attempt, "transition")
  hold(
    (event.inputTokens ?? 0) <= reserved.inputTokens &&
      (event.outputTokens ?? 0) <= reserved.outputTokens &&
      (outcome === "failed"
        ? code !== null && code !== "PROVIDER_OUTCOME_UNKNOWN"
        : code === (outcome === "indeterminate" ? "PROVIDER_OUTCOME_UNKNOWN" : null)) &&
      (fallback === null || (outcome === "failed" && !begun)) &&
      (outcome !== "ok" || (finish !== null && latencyMillis <= reserved.wallMillis)) &&
      (digest === null) === (chars === 0) &&
      (chars === 0 || begun) &&
      (!begun || firstTokenMillis <= latencyMillis),
    "settlement"
  )
}

const isVerdict = ({ decision, issues, highRiskClaims, suggestedFixes }) =>
  highRiskClaims <= 4 &&
  suggestedFixes <= 4 &&
  (decision !== "pass" || issues.every(({ severity }) => severity < 3))

const checkAudit = (run, event, step) => {
  const { verdict, unavailable, provider, model, independent } = event
  const drafter = lastCall(run, "draft").intended
  hold((verdict === null) === (unavailable !== null), "audit")
  hold(independent === (model !== null && !isSameModel(model, drafter.model)), "audit")
  hold(verdict === null || isVerdict(verdict), "audit")
  if (step.next === "conclude") {
    const given = lastCall(run, "audit")
    if (isUnread(event)) return
    const { outcome, finish } = given.settled
    const silence = outcome !== "ok" ? "call_failed" : finish !== "stop" ? "cut_short" : null
    hold(
      silence === null ? verdict !== null || unavailable === "unparsable" : unavailable === silence,
      "audit"
    )
    hold(provider === given.intended.provider && model === given.intended.model, "audit")
    return
  }
  hold(unavailable === "no_challenger" || unavailable === "not_independent", "audit")
  hold((provider === null) === (model === null), "audit")
  hold((model === null) === (unavailable === "no_challenger"), "audit")
  if (run.rules === null) return
  const { auditor } = run.rules
  hold((auditor === null) === (unavailable === "no_challenger"), "audit")
  hold(auditor === null || !mayJudge(run, drafter), "audit")
  hold(provider === (auditor?.provider ?? null) && model === (auditor?.model ?? null), "audit")
}

const checkRefused = ({ rules, reserved }, { code, receipt }) => {
  if (rules) {
    const { contextLimitChars, budgets } = rules.policy
    hold(code !== "CONTEXT_LIMIT_EXCEEDED" || contextLimitChars > 0, "context")
    hold(code !== "BOUNDS_EXCEEDED" || reserved === null, "bounds")
    hold(code !== "BUDGET_EXCEEDED" || budgets !== null, "budget")
  }
  hold(receipt === null, "receipt")
}

const checkAccepted = (run, event, configurations) => {
  if (configurations) {
    run.rules = configurations.get(event.configDigest) ?? null
    hold(run.rules !== null, "config_unknown")
    const { audit } = run.rules.policy
    hold(event.audit || !audit.default_modes.includes(event.mode), "accepted")
    hold(event.onUnavailable === audit.on_unavailable, "accepted")
  }
  hold(run.stream === `run/${event.run}` && event.mode !== "challenger", "accepted")
  hold(isRequest(event), "transition")
}

/** It is what was asked for, as it is registered, and within its sizes; and says either what it made or why nothing. */
const checkInvoked = ({ accepted, rules }, event) => {
  const { id, version, category, ok, errorCode, code, outputChars, digest } = event
  const asked = accepted.capability
  if (rules) {
    const facts = rules.capabilities.get(id)
    hold(facts !== undefined && facts.version === version && facts.category === category, "capability")
    hold(outputChars <= facts.bounds.maxOutputChars, "capability")
    hold(code !== null || asked.payloadChars <= facts.bounds.maxInputChars, "capability")
  }
  hold(id === asked.id, "transition")
  if (code === null) hold(digest !== null && (!ok || errorCode === null), "transition")
  else
    hold(
      isOfCapability(code) && !ok && errorCode === null && digest === null && outputChars === 0,
      "transition"
    )
}

const checkContext = (run, event) => {
  const { accepted, rules } = run
  if (asksNobody(run)) {
    const { segments, messages, chars, bytes, history, clientHistory } = event
    hold(segments.length + messages + chars + bytes === 0 && !history && !clientHistory, "context")
  } else checkPrompt(run, event)
  if (rules && event.memory) checkRecalled(run, event.memory)
  hold((event.memory === undefined) === (accepted.packs === undefined), "transition")
}

const checkPrompt = ({ accepted, rules }, { segments, chars, history, clientHistory }) => {
  const prompts = segments.filter(({ name }) => name === "prompt")
  const prompt = segments.at(-1)
  hold(prompts.length === 1 && prompts[0] === prompt, "context")
  hold(prompt.digest === accepted.promptDigest && prompt.chars === accepted.promptChars, "context")
  const limit = rules?.policy.contextLimitChars ?? 0
  hold(limit === 0 || chars <= limit, "context")
  // Each earlier answer of the session is in it, or was left out.
  hold((history && history.turns + history.dropped) === accepted.turn?.answers, "context")
  checkGiven(accepted.client, segments, clientHistory)
}

/** Where the constellation drifts a run ends right after its route, and nowhere else is that said of one. */
const checkDrift = (run, event) => {
  const { _tag, code, phase } = event
  const isEnd = code === "CONSTELLATION_DRIFT" && phase === "route"
  if (run.accepted.checks.constellation && run.rules.drifts)
    hold(_tag === "RunCancelled" || (_tag === "RunFailed" && (isEnd || code === "RUN_INTERRUPTED")), "drift")
  else hold(code !== "CONSTELLATION_DRIFT", "drift")
}

const ENDINGS = new Set(["RunRefused", "RunFailed", "RunCancelled"])

/** Takes an event in, or throws what is false about it. `configurations` are those at smaller positions. */
export const advance = (run, event, { seq, at }, configurations) => {
  const step = stepOf(run)
  hold(mayStand(run, event, step), "transition")
  if (isBeforeContext(step) && run.rules) checkDrift(run, event)
  if (ENDINGS.has(event._tag)) hold(saysWhatIsDue(event, step), "transition")
  switch (event._tag) {
    case "RunAccepted":
      checkAccepted(run, event, configurations)
      run.accepted = event
      return
    case "RouteResolved":
      if (run.rules) hold(same(event.route, run.rules.routes.get(run.accepted.mode) ?? null), "route")
      run.route = event.route
      return
    case "CapabilityInvoked":
      checkInvoked(run, event)
      run.invoked = event
      return
    case "ContextAssembled":
      checkContext(run, event)
      run.context = event
      if (run.rules) run.reserved = reservationsOf(run.rules, run)
      return
    case "BoundsCertified":
      if (run.rules) {
        hold(run.reserved !== null, "bounds")
        hold(same(event.certificate, certificateOf(run.rules, run.reserved, run.accepted)), "bounds")
      }
      // What is certified for a step is within what is left of what was certified for its runbook.
      hold(!run.accepted.step || isWithin(event.certificate, run.accepted.step.left), "transition")
      run.certificate = event.certificate
      return
    case "CallIntended":
      checkCall(run, event, step)
      run.calls.push({ intended: event, settled: null })
      run.reservedAt ??= at
      return
    case "CallSettled":
      checkSettled(run.calls.at(-1), event)
      run.calls.at(-1).settled = event
      return
    case "AuditConcluded":
      checkAudit(run, event, step)
      run.audit = event
      return
    case "GateEvaluated":
      checkGate(run, event, answerOf(run, step.audit).settled, step.audit)
      run.gate = event
      run.held = { seq, at }
      return
    case "HeldViewed":
      hold(event.digest === run.gate.digest, "transition")
      return
    case "StewardDecided":
      checkDecision(run, event, at)
      hold(event.digest === run.gate.digest, "transition")
      run.decision = event
      return
    case "Released":
      checkReceipt(run, event.receipt, true, step.audit)
      run.ending = event
      return
    case "RunRefused":
      checkRefused(run, event)
      run.ending = event
      return
    case "RunFailed":
    case "RunCancelled":
      checkRest(run, event)
      run.ending = event
      return
    case "RunResumed":
      hold(event.attempt === run.attempt + 1, "transition")
      run.attempt = event.attempt
      return
    case "RunErased":
      run.erased = true
  }
}
