/** Owns what is on record of a run or a runbook that somebody wants to go on with, or to do again; it does neither. */
import { Effect, Option } from "effect"
import type { Content } from "../../domain/Content.ts"
import { changedKeys } from "../../domain/config/PolicyChange.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  configStream,
  ContentId,
  type Digest,
  RUN_PREFIX,
  RUNBOOK_PREFIX,
  RunId,
  runStream,
  type StreamId
} from "../../domain/Ids.ts"
import { ofRun } from "../../domain/ledger/Evidence.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { Vault } from "../../ports/Vault.ts"
import type { Invocation } from "../run/Request.ts"
import { rowsWith } from "../ledger/Hosted.ts"
import { openKeys } from "../run/RunKeys.ts"

/** What an id, or how one begins, is the id of. */
export type Target =
  | { readonly _tag: "Run"; readonly run: RunId }
  | { readonly _tag: "Runbook"; readonly run: RunId }

type Reads = Pick<Journal["Service"], "head" | "key" | "read" | "sealed" | "streams">

/** `CHECKPOINT_NOT_FOUND`, `RUN_AMBIGUOUS`. */
export const find = Effect.fnUntraced(function* (
  journal: Reads,
  prefix: string
): Effect.fn.Return<Target, RuntimeFailure> {
  if (!/^[0-9a-f-]{1,36}$/u.test(prefix)) return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
  const of = (kind: string) =>
    journal.streams({ prefix: kind + prefix, openOnly: false, before: null, limit: 2 })
  const runbooks = yield* of(RUNBOOK_PREFIX)
  const runs = yield* of(RUN_PREFIX)
  const [found, ...more] = [...runbooks, ...runs]
  if (!found) return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
  if (more.length > 0) return yield* failure("RUN_AMBIGUOUS", "setup")
  const isRunbook = runbooks.length > 0
  const run = RunId.make(found.stream.slice((isRunbook ? RUNBOOK_PREFIX : RUN_PREFIX).length))
  return { _tag: isRunbook ? "Runbook" : "Run", run }
})

/** `CHECKPOINT_INTEGRITY_ERROR` where a chain, a decision or a pair of a stream, or of the runs it names, is not what it was. */
export const sound = Effect.fnUntraced(function* (
  journal: Reads,
  vault: Pick<Vault["Service"], "fingerprint">,
  stream: StreamId
): Effect.fn.Return<void, RuntimeFailure> {
  const { rows } = yield* rowsWith(journal, stream)
  const { falsehood } = ofRun(vault.fingerprint, yield* journal.read(configStream), rows)
  if (falsehood) return yield* failure("CHECKPOINT_INTEGRITY_ERROR", "setup")
})

/** `RESUME_CONFIG_CHANGED` with the keys that changed, unless the configuration is the recorded one. */
export const sameConfiguration = Effect.fnUntraced(function* (
  journal: Reads,
  recorded: Digest,
  now: Digest
): Effect.fn.Return<void, RuntimeFailure> {
  if (recorded === now) return
  const loaded = (yield* journal.read(configStream)).flatMap(({ payload }) => {
    const event = Option.getOrNull(decode(payload))
    return event?._tag === "ConfigLoaded" ? [event] : []
  })
  const [before, after] = [recorded, now].map((digest) =>
    loaded.find(({ configDigest }) => configDigest === digest)
  )
  const changed = before && after ? changedKeys(before, after) : []
  return yield* failure("RESUME_CONFIG_CHANGED", "setup", { changed })
})

/** The texts that a run was asked with. */
export interface Texts {
  readonly prompt: Content
  readonly file: Content | null
  readonly capability: Invocation | null
}

interface Recorded {
  readonly run: RunId
  readonly promptDigest: Digest
  readonly capability?: { readonly id: Invocation["id"]; readonly payloadDigest: Digest } | undefined
}

/** `REPLAY_CONTENT_REQUIRED` where they are not here, `CHECKPOINT_INTEGRITY_ERROR` where they are others. */
export const textsOf = Effect.fnUntraced(function* (
  journal: Reads,
  vault: Pick<Vault["Service"], "open">,
  { run, promptDigest, capability }: Recorded
): Effect.fn.Return<Texts, RuntimeFailure> {
  const stream = runStream(run)
  const wrapped = yield* journal.key(stream)
  if (Option.isNone(wrapped)) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
  const keys = yield* openKeys(journal, vault, stream, wrapped.value)
  const text = Effect.fnUntraced(function* (id: ContentId, digest: Digest | null) {
    const sealed = yield* journal.sealed(stream, id)
    if (Option.isNone(sealed)) return Option.none<Content>()
    const content = yield* keys.unseal(sealed.value)
    return digest === null || keys.digest(id, content) === digest
      ? Option.some(content)
      : yield* failure("CHECKPOINT_INTEGRITY_ERROR", "setup")
  })
  const needed = (id: ContentId, digest: Digest) =>
    Effect.flatMap(text(id, digest), (found) =>
      Effect.mapError(Effect.fromOption(found), () => failure("REPLAY_CONTENT_REQUIRED", "setup"))
    )
  return {
    prompt: yield* needed(ContentId.make("prompt"), promptDigest),
    file: Option.getOrNull(yield* text(ContentId.make("file"), null)),
    capability: capability
      ? { id: capability.id, payload: yield* needed(ContentId.make("payload"), capability.payloadDigest) }
      : null
  }
}, asIntegrity)

/** A sealed text that was altered is a checkpoint that was. */
function asIntegrity<A>(effect: Effect.Effect<A, RuntimeFailure>): Effect.Effect<A, RuntimeFailure> {
  return Effect.mapError(effect, (reason) =>
    reason.code === "VAULT_CONTENT_UNREADABLE" ? failure("CHECKPOINT_INTEGRITY_ERROR", "setup") : reason
  )
}
