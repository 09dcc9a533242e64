/** Owns the proof that a run released exactly these bytes: to this person, or handed out so that anybody can check it. */
import { Release } from "../../domain/ledger/Records.ts"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Content } from "../../domain/Content.ts"
import { type Disclosure, isProven, type Leaf, leftBy, textsOf } from "../../domain/ledger/Disclosure.ts"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { prove, signingText } from "../../domain/ledger/Head.ts"
import { ContentId, Count, type Digest, PublicKey, RUN_PREFIX, RunId, runStream } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { Journal } from "../../ports/Journal.ts"
import { Signer } from "../../ports/Signer.ts"
import { type StreamVault, Vault } from "../../ports/Vault.ts"
import { Exports } from "./Exports.ts"
import { Ledgers } from "./Ledgers.ts"
import { runOf } from "./Soundness.ts"
import { Verifier } from "./Verifier.ts"

/** A text that is the one of a receipt. */
export const Match = Schema.Struct({
  release: Release,
  /** Whether the text was given, or the sealed one was looked at. */
  text: Schema.Literals(["given", "sealed"]),
  /** Which text it is that was given: the answer, or what a capability has made and what left with it. Of sealed ones, both. */
  part: Schema.Literals(["answer", "output"]),
  /** How long that is, in code points. */
  chars: Count,
  /** One line break at the end of the given text is not part of the receipt; everything before it is, byte for byte. */
  lineBreak: Schema.Boolean
})
export type Match = typeof Match.Type

export const DisclosedMatch = Schema.Struct({
  ...Match.fields,
  /** Who signed the head that the run is under. */
  key: PublicKey,
  /** Whether that key was given, and not only named by what it has signed. */
  vouched: Schema.Boolean
})
export type DisclosedMatch = typeof DisclosedMatch.Type

export class Receipts extends Context.Service<
  Receipts,
  {
    /** What left the run whose id begins with `prefix`. `RUN_NOT_FOUND`, `RUN_OPEN`, `RECEIPT_NOT_FOUND`, `LEDGER_BROKEN`. */
    readonly find: (prefix: string) => Effect.Effect<Release, RuntimeFailure>
    /**
     * Whether a text is what the receipt is over, be that the answer or what a capability has made; or else whether the sealed
     * ones are. `RECEIPT_MISMATCH`, `RUN_ERASED`.
     */
    readonly verify: (prefix: string, text: Content | null) => Effect.Effect<Match, RuntimeFailure>
    /**
     * Hands out the one opening with which a text can be checked, with the proof that this run released it.
     * `RECEIPT_NOT_FOUND` where no capability has made any.
     */
    readonly disclose: (prefix: string, part?: Match["part"]) => Effect.Effect<Disclosure, RuntimeFailure>
    /**
     * Whether a disclosure proves that a text was released. Needs neither journal nor keys. `LEDGER_BROKEN` where it is
     * not true or not signed with the given key, `RECEIPT_MISMATCH`.
     */
    readonly check: (
      disclosure: Disclosure,
      text: Content,
      publicKey: PublicKey | null
    ) => Effect.Effect<DisclosedMatch, RuntimeFailure>
  }
>()("io-iii/core/ledger/Receipts") {
  static readonly layer = Layer.effect(
    Receipts,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault
      const { verifies } = yield* Signer
      const ledgers = yield* Ledgers
      const verifier = yield* Verifier
      const exports = yield* Exports

      const find = Effect.fn("Receipts.find")(function* (prefix: string) {
        const { run: name, standing } = yield* ledgers.find(prefix)
        const { broken } = yield* verifier.run(name, false)
        if (broken) return yield* failure("LEDGER_BROKEN", "setup")
        const run = RunId.make(name)
        const release = yield* releaseIn(run, yield* journal.read(runStream(run)))
        if (release) return release
        const isOpen = standing === "running" || standing === "indeterminate" || standing === "abandoned"
        return yield* inRun(run)(failure(isOpen ? "RUN_OPEN" : "RECEIPT_NOT_FOUND", "setup"))
      })

      /** Why a text that was there cannot be read: its run may have been erased between two looks. */
      const gone = Effect.fnUntraced(function* ({ run }: Release): Effect.fn.Return<never, RuntimeFailure> {
        const now = yield* releaseIn(run, yield* journal.read(runStream(run)))
        return yield* inRun(run)(failure(now?.erased ? "RUN_ERASED" : "VAULT_CONTENT_UNREADABLE", "setup"))
      })

      const keysOf = Effect.fnUntraced(function* (release: Release) {
        const stream = runStream(release.run)
        const wrapped = yield* journal.key(stream)
        return yield* Option.isSome(wrapped) ? vault.open(stream, wrapped.value) : gone(release)
      })

      /** As much of a sealed text as has left. Nothing is sealed of an answer without a letter. */
      const sealedOf = Effect.fnUntraced(function* (
        release: Release,
        keys: StreamVault,
        { content, chars }: Leaf
      ) {
        const sealed = yield* journal.sealed(runStream(release.run), content)
        if (Option.isSome(sealed)) return (yield* keys.unseal(sealed.value)).slice(0, chars)
        return chars === 0 ? Content.empty : yield* gone(release)
      })

      return Receipts.of({
        find,
        verify: Effect.fn("Receipts.verify")(function* (prefix, text) {
          const release = yield* find(prefix)
          const keys = yield* keysOf(release)
          const { answer, output } = textsOf(release)
          if (text) {
            const digestOf = (content: ContentId) => (given: Content) => keys.digest(content, given)
            const matched = matchedOf([answer, ...(output ? [output] : [])], digestOf, text)
            return matched
              ? { release, text: "given" as const, ...matched }
              : yield* inRun(release.run)(failure("RECEIPT_MISMATCH", "setup"))
          }
          for (const leaf of output ? [answer, output] : [answer]) {
            const sealed = yield* sealedOf(release, keys, leaf)
            if (keys.digest(leaf.content, sealed) === leaf.digest) continue
            return yield* inRun(release.run)(failure("VAULT_CONTENT_UNREADABLE", "setup"))
          }
          return { release, text: "sealed" as const, part: "answer", chars: answer.chars, lineBreak: false }
        }),
        disclose: Effect.fn("Receipts.disclose")(function* (prefix, part = "answer") {
          const release = yield* find(prefix)
          const leaf = textsOf(release)[part]
          if (!leaf) return yield* inRun(release.run)(failure("RECEIPT_NOT_FOUND", "setup"))
          const keys = yield* keysOf(release)
          const stream = runStream(release.run)
          const sound = yield* verifier.sound
          const proof = prove(vault.fingerprint, sound.heads, stream)
          const rows = (yield* journal.read(stream)).filter(({ position }) => position <= sound.position)
          if (Option.isNone(proof)) return yield* failure("LEDGER_BROKEN", "setup")
          return {
            checkpoint: yield* exports.checkpoint(sound),
            content: leaf.content,
            format: "io3/disclosure/v1" as const,
            opening: keys.opening(leaf.content),
            proof: proof.value,
            rows
          }
        }),
        check: Effect.fn("Receipts.check")(function* (disclosure, text, publicKey) {
          const { checkpoint, content, opening, rows } = disclosure
          const isTrue =
            verifies(checkpoint.key, signingText(checkpoint), checkpoint.signature) &&
            (publicKey === null || checkpoint.key === publicKey) &&
            isProven(vault.fingerprint, disclosure)
          const run = rows[0]?.stream.slice(RUN_PREFIX.length)
          const release = isTrue && isRun(run) ? yield* releaseIn(run, rows) : null
          if (!release) return yield* failure("LEDGER_BROKEN", "setup")
          const { answer, output } = textsOf(release)
          const leaf = [answer, output].find((one) => one?.content === content)
          if (!leaf) return yield* failure("LEDGER_BROKEN", "setup")
          const matched = matchedOf([leaf], () => (given) => vault.digestUnder(opening, given), text)
          return matched
            ? {
                release,
                text: "given" as const,
                ...matched,
                part: leaf === answer ? ("answer" as const) : ("output" as const),
                key: checkpoint.key,
                vouched: publicKey !== null
              }
            : yield* failure("RECEIPT_MISMATCH", "setup")
        })
      })
    })
  )
}

const isRun = Schema.is(RunId)

/** What left the run that these rows are of; null when nothing did. */
const releaseIn = (run: RunId, rows: ReadonlyArray<Row>): Effect.Effect<Release | null, RuntimeFailure> =>
  Option.match(runOf(runStream(run), rows), {
    onNone: () => Effect.fail(failure("LEDGER_BROKEN", "setup")),
    onSome: (state) => {
      const left = leftBy(state)
      // After its ending, a run can only be erased.
      const at = rows.at(state.erased ? -2 : -1)?.at
      return Effect.succeed(
        left && at !== undefined ? { run, at, ...left, erased: state.erased !== null } : null
      )
    }
  })

/**
 * Which of these texts the given one is: as it is, or without the one line break that a program puts after what it prints: no
 * released text ends with one. Null when it is none of them.
 */
const matchedOf = (
  [answer, output]: ReadonlyArray<Leaf>,
  digestOf: (content: ContentId) => (text: Content) => Digest,
  text: Content
): Pick<Match, "part" | "chars" | "lineBreak"> | null => {
  const withoutBreak = text.use((all) => Content.of(all.endsWith("\n") ? all.slice(0, -1) : all))
  for (const [part, leaf] of [
    ["answer", answer],
    ["output", output]
  ] as const) {
    if (!leaf) continue
    const digest = digestOf(leaf.content)
    const { chars } = leaf
    if (digest(text) === leaf.digest) return { part, chars, lineBreak: false }
    if (digest(withoutBreak) === leaf.digest) return { part, chars, lineBreak: true }
  }
  return null
}
