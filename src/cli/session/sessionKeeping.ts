/** Owns what is done with a whole session: `io3 session erase`, `export` and `import`. */
import { Effect, Option, Schema, Stream } from "effect"
import { ErasedSession, SessionErasure } from "../../core/session/SessionErasure.ts"
import { type Imported, LeftBehind, Snapshots } from "../../core/session/Snapshots.ts"
import { Count, Digest, Principal, PublicKey, SessionId } from "../../domain/Ids.ts"
import { write as written } from "../../domain/session/Snapshot.ts"
import { confirmed, scrubbing } from "../erase.ts"
import { counted } from "../Facts.ts"
import { create, publicKeyOf, snapshotOf } from "../GivenFile.ts"
import { print, write } from "../Output.ts"
import { root } from "../root.ts"
import { SessionOutput, sessionOutput } from "../../api/results/SessionResults.ts"

const by = { principal: Principal.make("local"), surface: "cli" } as const

export const erase = Effect.fn(function* ({
  session,
  yes
}: {
  readonly session: string
  readonly yes: boolean
}) {
  const { output } = yield* root
  if (!yes && !(yield* confirmed("The texts of this session and of all its turns", output === "text"))) return
  const erasure = yield* SessionErasure
  yield* print(output, ErasedSession, yield* erasure.erase(session, by.principal), (erased) =>
    [
      `Closed and erased, with ${counted(erased.runs, "turn")}.`,
      scrubbing(erased.session, erased.scrubbed)
    ].join("\n")
  )
})

/** What was written, beside the file. */
export const ExportOutput = Schema.Struct({
  session_id: SessionId,
  rows: Count,
  head: Digest,
  position: Count,
  key: PublicKey
})

export const exported = Effect.fn(function* ({
  session,
  file
}: {
  readonly session: string
  readonly file: Option.Option<string>
}) {
  const { output } = yield* root
  const snapshots = yield* Snapshots
  const snapshot = yield* snapshots.take(session)
  const line = `${written(snapshot)}\n`
  if (Option.isNone(file)) return yield* write(line)
  yield* create(file.value, Stream.succeed(line))
  const { checkpoint, rows } = snapshot
  const last = yield* Effect.orDie(Effect.fromOption(Option.fromUndefinedOr(rows.at(-1))))
  const told = {
    session_id: SessionId.make(last.stream.slice("session/".length)),
    rows: rows.length,
    head: last.hash,
    position: checkpoint.position,
    key: checkpoint.key
  }
  yield* print(
    output,
    ExportOutput,
    told,
    ({ rows, position, key }) => `${rows} rows under the head at position ${position}, signed with ${key}`
  )
})

export const ImportOutput = Schema.Struct({
  ...SessionOutput.fields,
  origin_session_id: SessionId,
  left_behind: Schema.Array(LeftBehind),
  key: PublicKey,
  vouched: Schema.Boolean
})

export const imported = Effect.fn(function* (given: {
  readonly snapshot: string
  readonly publicKey: Option.Option<string>
}) {
  const { output } = yield* root
  const key = Option.isSome(given.publicKey) ? yield* publicKeyOf(given.publicKey.value) : null
  const snapshots = yield* Snapshots
  const restored = yield* snapshots.restore(yield* snapshotOf(given.snapshot), key, by)
  const { status, origin, leftBehind, vouched } = restored
  const told = {
    ...sessionOutput(status),
    origin_session_id: origin,
    left_behind: leftBehind,
    key: restored.key,
    vouched
  }
  yield* print(output, ImportOutput, told, () => describe(restored))
})

const words: Readonly<Record<typeof LeftBehind.Type, string>> = {
  texts: "what was said (no earlier turn is sent along)",
  title: "the title",
  held_turn: "a turn that was under way or held"
}

const describe = ({ status, origin, leftBehind, key, vouched }: Imported): string =>
  [
    `${status.session}  ${status.mode} · ${status.turnCount} of ${status.maxTurns} turns · from ${origin}`,
    ...(leftBehind.length === 0 ? [] : [`Left behind: ${leftBehind.map((what) => words[what]).join("; ")}.`]),
    ...(vouched ? [] : [`Nobody vouches for the key that signed it: ${key}`]),
    `io3 session continue ${status.session} --prompt TEXT`
  ].join("\n")
