/** Owns where spans go when they are over, and which span the work at hand is part of. Nobody need trace: then there is none. */
import { Context } from "effect"
import type { Span } from "../domain/observability/Span.ts"
import type { TraceContext } from "../domain/observability/TraceContext.ts"

export interface Tracing {
  /** A new span within one, or the first of a trace. */
  readonly begin: (parent: TraceContext | null) => TraceContext
  /** Takes a span that is over. It never waits and never fails: what cannot be kept is dropped. */
  readonly end: (span: Span) => void
}

/** Null, as it is by itself, where nothing is traced. */
export const Tracing = Context.Reference<Tracing | null>("io-iii/ports/Tracing", { defaultValue: () => null })

/** The span that what is done here is part of, if any: whoever does something for others may pass it on. */
export const Within = Context.Reference<TraceContext | null>("io-iii/ports/Tracing/Within", {
  defaultValue: () => null
})

/** What whoever is asked from here is told of that span: nothing, but where a call to a local provider is made. */
export const Passed = Context.Reference<TraceContext | null>("io-iii/ports/Tracing/Passed", {
  defaultValue: () => null
})
