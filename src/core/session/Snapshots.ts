/** Owns the way of a session's control state out of this installation and into another one. No text goes along. */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { prove, signingText } from "../../domain/ledger/Head.ts"
import {
  type Principal,
  PublicKey,
  SessionId,
  sessionStream,
  type Surface,
  Timestamp
} from "../../domain/Ids.ts"
import type { Session } from "../../domain/session/Session.ts"
import { lived, proven, said, type Snapshot } from "../../domain/session/Snapshot.ts"
import { Journal } from "../../ports/Journal.ts"
import { Signer } from "../../ports/Signer.ts"
import { Vault } from "../../ports/Vault.ts"
import { Exports } from "../ledger/Exports.ts"
import { Verifier } from "../ledger/Verifier.ts"
import { Sessions } from "./Sessions.ts"
import { Status } from "./Status.ts"

/** What a snapshot has no room for: the texts of turns, the title, a held draft with its pause. */
export const LeftBehind = Schema.Literals(["texts", "title", "held_turn"])

export const Imported = Schema.Struct({
  status: Status,
  /** The session it comes from. */
  origin: SessionId,
  leftBehind: Schema.Array(LeftBehind),
  /** Who signed the snapshot. */
  key: PublicKey,
  /** Whether that key was given, and not only named by what it has signed. */
  vouched: Schema.Boolean
})
export type Imported = typeof Imported.Type

export class Snapshots extends Context.Service<
  Snapshots,
  {
    /** A signed account of a session, without any text. `SESSION_NOT_FOUND`, `LEDGER_BROKEN`. */
    readonly take: (session: string) => Effect.Effect<Snapshot, RuntimeFailure>
    /**
     * Begins a session where another one stood: with its mode, counters, thresholds and ceiling. `SNAPSHOT_UNTRUE` where it
     * does not verify, or is not signed with the given key; `SESSION_NOT_ACTIVE` where it was closed.
     */
    readonly restore: (
      snapshot: Snapshot,
      publicKey: PublicKey | null,
      by: { readonly principal: Principal; readonly surface: Surface }
    ) => Effect.Effect<Imported, RuntimeFailure>
  }
>()("io-iii/core/session/Snapshots") {
  static readonly layer = Layer.effect(
    Snapshots,
    Effect.gen(function* () {
      const exports = yield* Exports
      const journal = yield* Journal
      const sessions = yield* Sessions
      const { verifies } = yield* Signer
      const vault = yield* Vault
      const verifier = yield* Verifier

      return Snapshots.of({
        take: Effect.fn("Snapshots.take")(function* (prefix) {
          const stream = sessionStream((yield* sessions.place(prefix)).session.session)
          const sound = yield* verifier.sound
          const rows = (yield* journal.read(stream)).filter(({ position }) => position <= sound.position)
          const life = lived(rows)
          const proof = prove(vault.fingerprint, sound.heads, stream)
          if (Option.isNone(life) || Option.isNone(proof)) return yield* failure("LEDGER_BROKEN", "setup")
          return {
            ...said(life.value),
            checkpoint: yield* exports.checkpoint(sound),
            exported_at: Timestamp.make(yield* Clock.currentTimeMillis),
            format: "io3/session/v1" as const,
            proof: proof.value,
            rows
          }
        }),
        restore: Effect.fn("Snapshots.restore")(function* (snapshot, publicKey, { principal, surface }) {
          const { checkpoint } = snapshot
          const isSigned =
            verifies(checkpoint.key, signingText(checkpoint), checkpoint.signature) &&
            (publicKey === null || checkpoint.key === publicKey)
          const life = isSigned ? proven(vault.fingerprint, snapshot) : Option.none()
          if (Option.isNone(life)) return yield* failure("SNAPSHOT_UNTRUE", "setup")
          const { session, last } = life.value
          if (session.after.status === "closed") return yield* failure("SESSION_NOT_ACTIVE", "setup")
          const { persona, audit, terms, after } = session
          const { mode, turns, steps, tokens } = after
          const status = yield* sessions.start(
            { mode, persona, audit, title: null, packs: session.packs ?? [], principal, surface },
            {
              origin: { session: session.session, sequence: last.seq, head: last.hash },
              terms,
              beginning: { mode, turns, steps, tokens }
            }
          )
          return {
            status,
            origin: session.session,
            leftBehind: leftBehind(session),
            key: checkpoint.key,
            vouched: publicKey !== null
          }
        })
      })
    })
  )
}

const leftBehind = ({ after, known }: Session): ReadonlyArray<typeof LeftBehind.Type> => [
  ...(known === null ? [] : (["texts"] as const)),
  ...(after.title === null ? [] : (["title"] as const)),
  ...(after.open === null ? [] : (["held_turn"] as const))
]
