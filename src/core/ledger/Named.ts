/** Owns how a stream is named by somebody: by its id, or by as much of that as no other one begins with. */
import { Effect } from "effect"
import { type Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Journal, StreamInfo } from "../../ports/Journal.ts"

/** Whether an id may begin so: what else somebody typed is looked up nowhere, and shown nowhere. */
export const isBeginning = (prefix: string): boolean => /^[0-9a-f-]{1,36}$/u.test(prefix)

/** What is said where there is none, and where there are several. */
interface Codes {
  readonly missing: Code
  readonly ambiguous: Code
}
const ofRuns: Codes = { missing: "RUN_NOT_FOUND", ambiguous: "RUN_AMBIGUOUS" }

/** The one stream of these kinds whose id begins so. */
export const named = Effect.fnUntraced(function* (
  { streams }: Pick<Journal["Service"], "streams">,
  prefix: string,
  kinds: ReadonlyArray<string>,
  { missing, ambiguous }: Codes = ofRuns
): Effect.fn.Return<StreamInfo, RuntimeFailure> {
  if (!isBeginning(prefix)) return yield* failure(missing, "setup")
  const found = yield* Effect.forEach(kinds, (kind) =>
    streams({ prefix: kind + prefix, openOnly: false, before: null, limit: 2 })
  )
  const [only, ...more] = found.flat()
  if (more.length > 0) return yield* failure(ambiguous, "setup")
  return only ?? (yield* failure(missing, "setup"))
})
