/** Owns the one call of a capability in a run: what is recorded of it, whatever comes of it. */
import { Effect } from "effect"
import { Content } from "../../domain/Content.ts"
import type { CapabilityInvoked, RunAccepted } from "../../domain/Event.ts"
import { codes, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { ContentId } from "../../domain/Ids.ts"
import { OUTPUT } from "../../domain/run/Run.ts"
import type { Capabilities } from "../../ports/Capability.ts"
import type { Invocation } from "../run/Request.ts"
import type { RunLog } from "../run/RunLog.ts"

const PAYLOAD = ContentId.make("payload")
const NOTHING = Content.of("{}")

/** What is recorded of a call that is to be made; its payload is kept for the same commit. */
export const asked = (
  log: Pick<RunLog, "seal">,
  { id, payload }: Invocation
): NonNullable<(typeof RunAccepted.Type)["capability"]> => {
  const given = payload ?? NOTHING
  return { id, payloadDigest: log.seal(PAYLOAD, given), payloadChars: given.length }
}

/** What came of a call. */
export interface Invoked {
  readonly event: typeof CapabilityInvoked.Type
  readonly output: Content | null
}

/** Calls once. What went wrong with it is in the event; `CAPABILITY_NOT_FOUND` where there is nothing to call. */
export const invocation = Effect.fnUntraced(function* (
  capabilities: Capabilities["Service"],
  log: Pick<RunLog, "seal">,
  { id, payload }: Invocation
): Effect.fn.Return<Invoked, RuntimeFailure> {
  const facts = capabilities.get(id)?.facts
  if (!facts) return yield* failure("CAPABILITY_NOT_FOUND", "capability")
  const { version, category } = facts
  const about = { _tag: "CapabilityInvoked", id, version, category } as const
  const made = yield* Effect.result(capabilities.invoke(id, payload ?? NOTHING))
  if (made._tag === "Failure") {
    const code = codes[made.failure.code].kind === "capability" ? made.failure.code : "CAPABILITY_EXCEPTION"
    const nothing = { ok: false, errorCode: null, durationMillis: 0, outputChars: 0, digest: null }
    return { event: { ...about, ...nothing, code }, output: null }
  }
  const { ok, errorCode, durationMillis, output } = made.success
  const digest = log.seal(OUTPUT, output)
  const answer = { ok, errorCode, durationMillis, outputChars: output.length, digest }
  return { event: { ...about, ...answer, code: null }, output }
})
