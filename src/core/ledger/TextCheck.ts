/** Owns the check of sealed texts against the digests that the record has of them; it hands none of them on. */
import { Effect, Option, Schema } from "effect"
import type { Event } from "../../domain/Event.ts"
import { failure, inRun, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  ContentId,
  Count,
  type Digest,
  RUN_PREFIX,
  RunId,
  SESSION_PREFIX,
  SessionId,
  type StreamId
} from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { StreamVault, Vault } from "../../ports/Vault.ts"
import type { Broken } from "./RecordCheck.ts"
import { openKeys } from "../run/RunKeys.ts"

/** How many texts were held against their digests, and of how many runs, and how many sessions, there is none any more. */
export const Texts = Schema.Struct({ checked: Count, erased: Count, erasedSessions: Count })
export type Texts = typeof Texts.Type

/** Whether a stream is one that texts are sealed in. */
export const hasTexts = (stream: StreamId): boolean =>
  stream.startsWith(RUN_PREFIX) || stream.startsWith(SESSION_PREFIX)

/** What the texts of one run or session come to. */
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

/** Checks every sealed text of one run or session. `VAULT_KEY_INVALID` under another master key. */
export const textsOf = Effect.fnUntraced(function* (
  { key, sealed }: Pick<Journal["Service"], "key" | "sealed">,
  vault: Pick<Vault["Service"], "open">,
  stream: StreamId,
  rows: ReadonlyArray<Row>
): Effect.fn.Return<TextsOf, RuntimeFailure> {
  const happened = rows.flatMap((row) =>
    Option.match(decode(row.payload), { onNone: () => [], onSome: (event) => [{ row, event }] })
  )
  if (happened.some(({ event }) => event._tag === "RunErased" || event._tag === "SessionErased")) {
    return { checked: 0, erased: true, broken: null }
  }
  const texts = happened.flatMap(namedIn)
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
      const [run, session] = [stream.slice(RUN_PREFIX.length), stream.slice(SESSION_PREFIX.length)]
      const plain = failure(reason.code, "setup")
      if (stream.startsWith(SESSION_PREFIX)) return isSession(session) ? inSession(session)(plain) : reason
      return isRun(run) ? inRun(run)(plain) : reason
    })
  )

const namedIn = ({ row, event }: { readonly row: Row; readonly event: Event }): ReadonlyArray<Named> => {
  switch (event._tag) {
    case "RunAccepted":
      return [{ id: ContentId.make("prompt"), digest: event.promptDigest, row }]
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
      return [{ id: event.content, digest: event.digest, row }]
    default:
      return []
  }
}
