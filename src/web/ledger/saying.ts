/** Owns what an event says to people: a name, facts of a few words each, and whether it holds, waits or was refused. */
import { count, duration, short } from "../format.ts"
import { strings } from "../strings.ts"
import { inAndOut } from "../strings/counted.ts"
import { type Event, type EventOf, isTimed, type Step } from "./run.ts"

/** Whether something holds, waits, or was refused. */
export type Tone = "plain" | "good" | "wait" | "bad"

export interface Said {
  readonly title: string
  readonly facts: ReadonlyArray<string>
  readonly tone: Tone
}

const { ledger } = strings
const { steps: words } = ledger
/** What is not known is left out. */
const said = (title: string, facts: ReadonlyArray<string | null | false>, tone: Tone = "plain"): Said => ({
  title,
  facts: facts.filter((fact) => typeof fact === "string").filter(Boolean),
  tone
})

const nameOf = ({ provider, model }: { readonly provider: string; readonly model: string }): string =>
  provider === "null" ? words.standIn : `${provider}/${model}`

const tookOf = (settled: EventOf<"CallSettled">): string | false =>
  isTimed(settled) && duration(settled.latencyMillis)

const ofAccepted = (event: EventOf<"RunAccepted">): Said =>
  said(words.accepted, [
    event.mode,
    words.by(event.principal),
    event.surface,
    words.chars(count(event.promptChars)),
    event.audit && words.audited,
    event.turn ? ledger.turn(event.turn.index) : null,
    event.turn?.insteadOf === undefined ? null : ledger.insteadOf(event.turn.insteadOf),
    event.step ? ledger.step(event.step.index) : null,
    event.source ? event.source.kind : null
  ])

const ofRoute = ({ route }: EventOf<"RouteResolved">): Said =>
  said(words.route, [
    route.selected ? nameOf(route.selected) : words.standIn,
    route.fallbackReason && words.fallback(route.fallbackReason),
    route.alternate && words.otherwise(nameOf(route.alternate))
  ])

const ofContext = (event: EventOf<"ContextAssembled">): Said => {
  const lost = event.segments.reduce((sum, { dropped }) => sum + dropped, 0)
  const turns = event.history?.turns ?? 0
  const lostTurns = (event.history?.dropped ?? 0) + (event.clientHistory?.dropped ?? 0)
  const records = event.memory?.filter(({ outcome }) => outcome === "released").length ?? 0
  return said(
    words.context,
    [
      words.parts(event.segments.length),
      words.chars(count(event.chars)),
      turns > 0 && words.turns(turns),
      records > 0 && words.records(records),
      lost > 0 && words.dropped(words.chars(count(lost))),
      lostTurns > 0 && words.dropped(words.turns(lostTurns))
    ],
    lost + lostTurns > 0 ? "wait" : "plain"
  )
}

const ofVerdict = ({ verdict, unavailable, independent }: EventOf<"AuditConcluded">): Said => {
  if (verdict === null) return said(words.verdict, [words.noVerdict(unavailable ?? "")], "wait")
  const { decision, issues } = verdict
  const tones = { pass: "good", needs_work: "wait", reject: "bad", abstain: "wait" } as const
  return said(
    words.verdict,
    [
      strings.inbox.verdict.decisions[decision],
      issues.length > 0 && `${words.issues(issues.length)}: ${issues.map(({ code }) => code).join(", ")}`,
      independent ? words.independent : words.notIndependent
    ],
    tones[decision]
  )
}

const ofDecision = ({ action, by, principal, reason }: EventOf<"StewardDecided">): Said =>
  said(
    words.decided[action],
    [by === "deadline" ? words.byDeadline : words.by(principal), words.reason(reason)],
    action === "approve" || action === "edit" ? "good" : "bad"
  )

const ofEnding = (title: string, { code, phase, retryable }: EventOf<"RunRefused" | "RunFailed">): Said =>
  said(title, [code, words.phase(phase), retryable && words.retryable], "bad")

const ofHost = (event: Event): Said => {
  const facts: Array<string | null | false> = []
  if ("persona" in event) facts.push(event.persona)
  if ("mode" in event) facts.push(event.mode)
  if ("index" in event)
    facts.push(event._tag.startsWith("Turn") ? ledger.turn(event.index) : ledger.step(event.index))
  if ("turn" in event && event.turn) facts.push(ledger.turn(event.turn.index))
  if ("status" in event) facts.push(event.status)
  if ("threshold" in event && event.threshold !== null) facts.push(words.threshold(event.threshold))
  if ("code" in event && event.code !== null) facts.push(event.code)
  if ("tokens" in event) facts.push(`${count(event.tokens)} ${ledger.columns.tokens.toLowerCase()}`)
  if ("latencyMillis" in event) facts.push(event.latencyMillis ? duration(event.latencyMillis) : null)
  if ("principal" in event) facts.push(words.by(event.principal))
  if ("configDigest" in event) facts.push(short(event.configDigest))
  const isBad = "code" in event && event.code !== null
  return said(ledger.events[event._tag] ?? event._tag, facts, isBad ? "bad" : "plain")
}

/** What an event says by itself. */
export const sayEvent = (event: Event): Said => {
  switch (event._tag) {
    case "RunAccepted":
      return ofAccepted(event)
    case "RouteResolved":
      return ofRoute(event)
    case "ContextAssembled":
      return ofContext(event)
    case "BoundsCertified": {
      const { calls, inputTokens, outputTokens } = event.certificate
      return said(words.bounds, [words.calls(calls), inAndOut(inputTokens, outputTokens)])
    }
    case "AuditConcluded":
      return ofVerdict(event)
    case "GateEvaluated":
      return event.threshold === null
        ? said(words.noGate, [])
        : said(words.held, [words.threshold(event.threshold)], "wait")
    case "HeldViewed":
      return said(words.viewed, [words.by(event.principal)])
    case "StewardDecided":
      return ofDecision(event)
    case "Released": {
      const { chars, complete, digest } = event.receipt
      const facts = [words.chars(count(chars)), words.receipt(short(digest)), !complete && words.incomplete]
      return said(words.released, facts, "good")
    }
    case "RunRefused":
      return ofEnding(words.refused, event)
    case "RunFailed":
      return ofEnding(words.failed, event)
    case "RunCancelled":
      return said(words.cancelled, [words.phase(event.phase)], "bad")
    case "RunResumed":
      return said(words.resumed, [words.call.again(event.attempt)])
    case "RunErased":
      return said(words.erased, [words.by(event.principal)])
    case "CallIntended":
      return said(words.call[event.purpose], [nameOf(event)])
    case "CallSettled":
      return said(words.call[event.purpose], [
        words.call.outcomes[event.outcome],
        inAndOut(event.inputTokens, event.outputTokens),
        tookOf(event)
      ])
    case "CapabilityInvoked":
      return said(
        words.capability,
        [event.id, event.version, event.code ?? event.errorCode, duration(event.durationMillis)],
        event.ok ? "plain" : "bad"
      )
    default:
      return ofHost(event)
  }
}

/** What a step of a picture says: a call and its answer together, a hold with how long it was. */
export const sayStep = (step: Step): Said => {
  if (step.kind === "hold") {
    const { event, isOpen, from, to } = step
    return said(
      isOpen ? words.holding : words.held,
      [duration(to - from), event.threshold && words.threshold(event.threshold)],
      "wait"
    )
  }
  if (step.kind !== "call") return sayEvent(step.event)
  const { intended, settled } = step
  const { purpose, attempt, fallbackReason } = intended
  return said(
    words.call[purpose],
    [
      nameOf(intended),
      attempt > 1 && words.call.again(attempt),
      fallbackReason && words.fallback(fallbackReason),
      ...(settled
        ? [
            words.call.outcomes[settled.outcome],
            settled.code,
            inAndOut(settled.inputTokens, settled.outputTokens),
            tookOf(settled)
          ]
        : [words.call.out])
    ],
    settled === null ? "wait" : settled.outcome === "ok" ? "plain" : "bad"
  )
}
