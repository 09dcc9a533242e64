/** Owns the check of sealed texts against the digests that the record has of them; it hands none of them on. */
import { Effect, Option, Schema } from "effect"
import type { Event } from "../../domain/Event.ts"
import { failure, inRun, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { payloadId, promptId } from "../../domain/runbook/RunbookEvent.ts"
import {
  ContentId,
  Count,
  type Digest,
  MEMORY_PREFIX,
  RUN_PREFIX,
  RUNBOOK_PREFIX,
  RunId,
  SESSION_PREFIX,
  SessionId,
  type StreamId
} from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { OUTPUT } from "../../domain/run/Run.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { StreamVault, Vault } from "../../ports/Vault.ts"
import type { Broken } from "./RecordCheck.ts"
import { openKeys } from "../run/RunKeys.ts"
import { textsOfWanted } from "../run/Wanted.ts"

/**
 * How many texts were held against their digests, and of how many runs (`erased`), sessions, runbooks and memory records there
 * is none any more.
 */
export const Texts = Schema.Struct({
  checked: Count,
  erased: Count,
  erasedSessions: Count,
  erasedRunbooks: Count,
  forgotten: Count
})
export type Texts = typeof Texts.Type
type Gone = Exclude<keyof Texts, "checked">

const gone: ReadonlyArray<readonly [prefix: string, as: Gone]> = [
  [RUN_PREFIX, "erased"],
  [SESSION_PREFIX, "erasedSessions"],
  [RUNBOOK_PREFIX, "erasedRunbooks"],
  [MEMORY_PREFIX, "forgotten"]
]

/** As what a stream counts that has no text any more; null for one that none is ever sealed in. */
export const goneAs = (stream: StreamId): Gone | null =>
  gone.find(([prefix]) => stream.startsWith(prefix))?.[1] ?? null

/** What the texts of one stream come to. */
export interface TextsOf {
  readonly checked: number
  readonly erased: boolean
  readonly broken: Broken | null
}

/** A text that a row speaks of; its digest is null where the row has none of the whole text. */
interface Named {
  readonly id: ContentId
  readonly digest: Digest | null
  readonly row: Row
}

const isRun = Schema.is(RunId)
const isSession = Schema.is(SessionId)

/** Checks every sealed text of one stream. `VAULT_KEY_INVALID` under another master key. */
export const textsOf = Effect.fnUntraced(function* (
  { key, sealed }: Pick<Journal["Service"], "key" | "sealed">,
  vault: Pick<Vault["Service"], "open">,
  stream: StreamId,
  rows: ReadonlyArray<Row>
): Effect.fn.Return<TextsOf, RuntimeFailure> {
  const happened = rows.flatMap((row) =>
    Option.match(decode(row.payload), { onNone: () => [], onSome: (event) => [{ row, event }] })
  )
  const erasure = happened.findLastIndex(({ event }) => erasing.has(event._tag))
  // Only a memory record is written to after that, under keys of its own.
  const kept = happened.slice(erasure + 1)
  if (erasure >= 0 && kept.length === 0) return { checked: 0, erased: true, broken: null }
  const texts = kept.flatMap(namedIn)
  const broken = ({ row }: Named): TextsOf => ({
    checked: 0,
    erased: false,
    broken: { position: row.position, stream, seq: row.seq, fault: "text" }
  })

  const wrapped = yield* key(stream)
  const keys = Option.isSome(wrapped)
    ? yield* opened(openKeys({ key }, vault, stream, wrapped.value), stream)
    : null
  for (const text of texts) {
    const bytes = yield* sealed(stream, text.id)
    if (keys === null || Option.isNone(bytes)) return broken(text)
    const content = yield* Effect.option(keys.unseal(bytes.value))
    const isIt =
      Option.isSome(content) && (text.digest === null || keys.digest(text.id, content.value) === text.digest)
    if (!isIt) return broken(text)
  }
  return { checked: texts.length, erased: false, broken: null }
})

const erasing: ReadonlySet<Event["_tag"]> = new Set([
  "RunErased",
  "SessionErased",
  "RunbookErased",
  "MemoryForgotten"
])

const opened = (
  keys: Effect.Effect<StreamVault, RuntimeFailure>,
  stream: StreamId
): Effect.Effect<StreamVault | null, RuntimeFailure> =>
  keys.pipe(
    Effect.catchIf(
      (reason) => reason.code === "VAULT_CONTENT_UNREADABLE",
      () => Effect.succeed(null)
    ),
    Effect.mapError((reason) => {
      const [kind = "", id] = stream.split("/")
      const plain = failure(reason.code, "setup")
      if (kind === "session") return isSession(id) ? inSession(id)(plain) : reason
      return kind !== "memory" && isRun(id) ? inRun(id)(plain) : reason
    })
  )

const namedIn = ({ row, event }: { readonly row: Row; readonly event: Event }): ReadonlyArray<Named> => {
  switch (event._tag) {
    case "RunAccepted":
      return [
        { id: ContentId.make("prompt"), digest: event.promptDigest, row },
        ...textsOfWanted(event).map((text) => ({ ...text, row })),
        ...(event.capability
          ? [{ id: ContentId.make("payload"), digest: event.capability.payloadDigest, row }]
          : [])
      ]
    case "CapabilityInvoked":
      return event.digest === null ? [] : [{ id: OUTPUT, digest: event.digest, row }]
    case "ContextAssembled":
      return event.segments.some(({ name }) => name === "file")
        ? [{ id: ContentId.make("file"), digest: null, row }]
        : []
    case "CallSettled":
      return event.digest === null
        ? []
        : [{ id: ContentId.make(`${event.purpose}.${event.attempt}`), digest: event.digest, row }]
    case "StewardDecided":
      return event.edited === null ? [] : [{ id: ContentId.make("edit"), digest: event.edited.digest, row }]
    case "SessionTitled":
    case "MemoryWritten":
      return [{ id: event.content, digest: event.digest, row }]
    case "RunbookStarted":
      return event.steps.flatMap(({ promptDigest, capability }, index) => [
        { id: promptId(index), digest: promptDigest, row },
        ...(capability ? [{ id: payloadId(index), digest: capability.payloadDigest, row }] : [])
      ])
    default:
      return []
  }
}
