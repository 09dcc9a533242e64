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
  runbookStream,
  RunId,
  runStream,
  type StreamId
} from "../../domain/Ids.ts"
import { ofRun } from "../../domain/ledger/Evidence.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import type { RunState } from "../../domain/run/Run.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { Vault } from "../../ports/Vault.ts"
import { wholeWith } from "../ledger/Hosted.ts"
import { named } from "../ledger/Named.ts"
import type { Invocation, Wanted } from "../run/Request.ts"
import { asIntegrity, openKeys } from "../run/RunKeys.ts"
import { wantedIn } from "../run/Wanted.ts"
import { eventOf } from "../runbook/RunbookStream.ts"

/** What an id, or how one begins, is the id of. */
export type Target = { readonly _tag: "Run" | "Runbook"; readonly run: RunId }

type Reads = Pick<Journal["Service"], "head" | "info" | "key" | "read" | "sealed" | "streams">

/** What is said where there is nothing to go on with. */
export const unknown = { missing: "CHECKPOINT_NOT_FOUND", ambiguous: "RUN_AMBIGUOUS" } as const

/** `CHECKPOINT_NOT_FOUND`, `RUN_AMBIGUOUS`. */
export const find = (
  journal: Pick<Journal["Service"], "streams">,
  prefix: string
): Effect.Effect<Target, RuntimeFailure> =>
  Effect.map(named(journal, prefix, [RUNBOOK_PREFIX, RUN_PREFIX], unknown), ({ stream }) => {
    const isRunbook = stream.startsWith(RUNBOOK_PREFIX)
    const run = RunId.make(stream.slice((isRunbook ? RUNBOOK_PREFIX : RUN_PREFIX).length))
    return { _tag: isRunbook ? "Runbook" : "Run", run }
  })

/**
 * The rows of a stream, once it and the runs that it names were held against the law: `CHECKPOINT_INTEGRITY_ERROR` where a
 * chain, an end of one, a decision or a pair is not what it was. All are read as far as the journal went before: what is written
 * in one commit is there as a whole, or not at all.
 */
export const sound = Effect.fnUntraced(function* (
  journal: Reads,
  vault: Pick<Vault["Service"], "fingerprint">,
  stream: StreamId
): Effect.fn.Return<ReadonlyArray<Row>, RuntimeFailure> {
  const { rows, lost } = yield* wholeWith(journal, stream)
  if (lost !== null) return yield* unsound
  const { falsehood } = ofRun(vault.fingerprint, yield* journal.read(configStream), rows)
  return falsehood ? yield* unsound : rows.filter((row) => row.stream === stream)
})
const unsound = Effect.fail(failure("CHECKPOINT_INTEGRITY_ERROR", "setup"))

/**
 * Whether another process works on a runbook between two of its steps. After a decision, and after somebody has gone on with
 * it, nobody has to: whoever begins a step then has it.
 */
export const isUnderWay = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "info" | "owner">,
  rows: ReadonlyArray<Row>
): Effect.fn.Return<boolean, RuntimeFailure> {
  const events = rows.flatMap((row) => eventOf(row) ?? [])
  const last = events.findLast(({ _tag }) => _tag !== "StepSkipped")
  if (last?._tag !== "RunbookStarted" && last?._tag !== "StepEnded") return false
  const wasHeld = events.some(
    ({ _tag, ...event }) => _tag === "StepHeld" && "run" in event && event.run === last.run
  )
  if (wasHeld) return false
  const stream = last._tag === "StepEnded" ? runStream(last.run) : runbookStream(last.run)
  return Option.exists(yield* journal.info(stream), ({ alive, owner }) => alive && owner !== journal.owner)
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
export interface Texts extends Wanted {
  readonly prompt: Content
  readonly file: Content | null
  readonly capability: Invocation | null
}

/** `REPLAY_CONTENT_REQUIRED` where they are not here, `CHECKPOINT_INTEGRITY_ERROR` where they are others. */
export const textsOf = Effect.fnUntraced(function* (
  journal: Reads,
  vault: Pick<Vault["Service"], "open">,
  { accepted, context }: Pick<RunState, "context"> & { readonly accepted: NonNullable<RunState["accepted"]> }
): Effect.fn.Return<Texts, RuntimeFailure> {
  const { run, promptDigest, capability } = accepted
  const stream = runStream(run)
  const wrapped = yield* journal.key(stream)
  if (Option.isNone(wrapped)) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
  const keys = yield* openKeys(journal, vault, stream, wrapped.value)
  const text = Effect.fnUntraced(function* (id: ContentId, digest: Digest | null) {
    const sealed = yield* journal.sealed(stream, id)
    if (Option.isNone(sealed)) return Option.none<Content>()
    const content = yield* keys.unseal(sealed.value)
    return digest === null || keys.digest(id, content) === digest ? Option.some(content) : yield* unsound
  })
  const needed = (id: ContentId, digest: Digest) =>
    Effect.flatMap(text(id, digest), (found) => Effect.mapError(Effect.fromOption(found), () => required))
  const file = Option.getOrNull(yield* text(ContentId.make("file"), null))
  const wanted = yield* wantedIn(accepted, needed)
  if (wanted === null) return yield* unsound
  if (file === null && context?.segments.some(({ name }) => name === "file")) return yield* required
  return {
    prompt: yield* needed(ContentId.make("prompt"), promptDigest),
    file,
    ...wanted,
    capability: capability
      ? { id: capability.id, payload: yield* needed(ContentId.make("payload"), capability.payloadDigest) }
      : null
  }
}, Effect.mapError(asIntegrity))

const required = failure("REPLAY_CONTENT_REQUIRED", "setup")
