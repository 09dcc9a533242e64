/** Owns what each event of a run adds to the counts: they are a fold over the record, whoever wrote it. */
import type { CallIntended, CallSettled, RunEvent } from "../Event.ts"
import { madeAt, Mode, type ProviderName } from "../Ids.ts"
import { NULL_PROVIDER } from "../run/Route.ts"
import type { Code } from "../Failure.ts"
import { sample, type Sample } from "./Metrics.ts"
import type { Rested } from "./Span.ts"

/** What has to be known of a run to count what comes next. */
export interface Known {
  readonly mode: Mode
  readonly provider: ProviderName
  /** When it was begun; 0 where its id does not say. */
  readonly begunAt: number
  readonly intended: typeof CallIntended.Type | null
  /** Since when it is held, and how long it was. */
  readonly heldAt: number | null
  readonly heldMillis: number
  /** Whether it is counted among what is under way. */
  readonly isUnderWay: boolean
}

export const nothingKnown: Known = {
  mode: Mode.make("unknown"),
  provider: NULL_PROVIDER,
  begunAt: 0,
  intended: null,
  heldAt: null,
  heldMillis: 0,
  isUnderWay: false
}

interface Counted {
  readonly known: Known
  readonly samples: ReadonlyArray<Sample>
}

/** `at` is the time of the event's row. */
export const tally = (known: Known, event: RunEvent, at: number): Counted => {
  switch (event._tag) {
    case "RunAccepted":
      return {
        known: { ...known, mode: event.mode, begunAt: madeAt(event.run), isUnderWay: true },
        samples: [sample("underWay", {})]
      }
    case "RouteResolved":
      return { known: { ...known, provider: event.route.provider }, samples: [] }
    case "CapabilityInvoked": {
      const { id: capability, ok, code } = event
      return {
        known,
        samples: [sample("capabilities", { capability, outcome: code ?? (ok ? "ok" : "declined") })]
      }
    }
    case "CallIntended":
      return {
        known: { ...known, intended: event, ...(event.purpose === "draft" && { provider: event.provider }) },
        samples: []
      }
    case "CallSettled":
      return {
        known: { ...known, intended: null },
        samples: known.intended ? ofCall(known.intended, event) : []
      }
    case "AuditConcluded": {
      const { verdict, unavailable, independent } = event
      return {
        known,
        samples: [sample("verdicts", { verdict: verdict?.decision ?? unavailable ?? "abstain", independent })]
      }
    }
    case "GateEvaluated":
      return event.threshold === null
        ? { known, samples: [] }
        : {
            known: { ...known, heldAt: at, isUnderWay: false },
            samples: [...rest(known), sample("held", { threshold: event.threshold })]
          }
    case "StewardDecided":
      return {
        known: { ...known, heldAt: null, heldMillis: known.heldAt === null ? 0 : at - known.heldAt },
        samples: [sample("decisions", { action: event.action, by: event.by })]
      }
    case "Released":
      return ended(known, at, "released", "released")
    case "RunRefused":
      return ended(known, at, "refused", event.code)
    case "RunFailed":
      return ended(known, at, "failed", event.code)
    case "RunCancelled":
      return ended(known, at, "cancelled", "RUN_CANCELLED")
    case "ContextAssembled":
    case "BoundsCertified":
    case "HeldViewed":
    case "RunResumed":
    case "RunErased":
      return { known, samples: [] }
  }
}

const ended = (known: Known, at: number, outcome: Rested, code: "released" | Code): Counted => {
  const { mode, provider, begunAt, heldMillis } = known
  const millis = Math.max(0, at - begunAt - heldMillis)
  return {
    known: { ...known, isUnderWay: false },
    samples: [
      ...rest(known),
      sample("runs", { mode, provider, outcome: code }),
      ...(begunAt === 0 ? [] : [sample("runSeconds", { mode, outcome }, millis / 1000)])
    ]
  }
}

const rest = ({ isUnderWay }: Known): ReadonlyArray<Sample> =>
  isUnderWay ? [sample("underWay", {}, -1)] : []

/** The stand-in is no model. */
const ofCall = (
  { purpose, provider, model }: typeof CallIntended.Type,
  { outcome, code, latencyMillis, firstTokenMillis, inputTokens, outputTokens }: typeof CallSettled.Type
): ReadonlyArray<Sample> => {
  const call = sample("calls", { purpose, provider, model, outcome })
  if (provider === NULL_PROVIDER) return [call]
  const asked = {
    gen_ai_operation_name: "chat",
    gen_ai_provider_name: provider,
    gen_ai_request_model: model
  } as const
  const error_type =
    outcome === "ok" ? "" : (code ?? (outcome === "cancelled" ? "RUN_CANCELLED" : "INTERNAL_ERROR"))
  const tokens = (type: "input" | "output", count: number | null) =>
    count === null ? [] : [sample("tokens", { ...asked, gen_ai_token_type: type }, count)]
  return [
    call,
    sample("callSeconds", { ...asked, error_type }, latencyMillis / 1000),
    ...(firstTokenMillis === null ? [] : [sample("firstSeconds", asked, firstTokenMillis / 1000)]),
    ...tokens("input", inputTokens),
    ...tokens("output", outputTokens)
  ]
}
