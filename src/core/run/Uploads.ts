/**
 * Owns the files that were sent up for a run or a turn to come. They are in the memory of this process alone, as content: what a
 * run makes of one is sealed with the run, and what nobody refers to is never written anywhere.
 */
import { Clock, Context, Effect, Layer } from "effect"
import type { Content } from "../../domain/Content.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, type Principal, Timestamp } from "../../domain/Ids.ts"
import { sort } from "../../domain/run/FileKind.ts"
import { FileRef, isThere, KEPT_MILLIS, leaving, type Stored } from "../../domain/server/Upload.ts"
import { Identity } from "../../ports/Identity.ts"

/** What there is to say of a file that is kept. */
export interface Uploaded {
  readonly ref: FileRef
  readonly chars: Count
  readonly until: Timestamp
}

export class Uploads extends Context.Service<
  Uploads,
  {
    /** `FILE_NOT_TEXT`, `UNSUPPORTED_FILE_TYPE` with its kind. */
    readonly add: (principal: Principal, bytes: Uint8Array) => Effect.Effect<Uploaded, RuntimeFailure>
    /** `FILE_REF_EXPIRED`, also for what somebody else has sent. */
    readonly find: (principal: Principal, ref: FileRef) => Effect.Effect<Content, RuntimeFailure>
  }
>()("io-iii/core/run/Uploads") {
  static readonly layer = Layer.effect(
    Uploads,
    Effect.gen(function* () {
      const identity = yield* Identity
      /** In the order in which they came. */
      const kept = new Map<FileRef, Stored & { readonly content: Content }>()

      return Uploads.of({
        add: Effect.fn("Uploads.add")(function* (principal, bytes) {
          const sorted = sort(bytes)
          if (sorted._tag === "Refused")
            return yield* failure("UNSUPPORTED_FILE_TYPE", "setup", { fileKind: sorted.kind })
          if (sorted._tag === "Binary") return yield* failure("FILE_NOT_TEXT", "setup")
          const { content } = sorted
          const now = yield* Clock.currentTimeMillis
          const ref = FileRef.make(yield* identity.runId)
          const stored = {
            ref,
            principal,
            bytes: content.bytes,
            until: Timestamp.make(now + KEPT_MILLIS),
            content
          }
          for (const old of leaving([...kept.values()], stored, now)) kept.delete(old)
          kept.set(ref, stored)
          return { ref, chars: Count.make(content.length), until: stored.until }
        }),
        find: Effect.fn("Uploads.find")(function* (principal, ref) {
          const stored = kept.get(ref)
          if (isThere(stored, principal, yield* Clock.currentTimeMillis)) return stored.content
          return yield* failure("FILE_REF_EXPIRED", "setup")
        })
      })
    })
  )
}
