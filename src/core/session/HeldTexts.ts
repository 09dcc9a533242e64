/** Owns the reading of what a held run has sealed: the text that waits, and what it is decided by. It lets nothing out. */
import { Effect, Option } from "effect"
import { Content } from "../../domain/Content.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { ContentId } from "../../domain/Ids.ts"
import type { Purpose } from "../../domain/run/Bounds.ts"
import { lastCall, OUTPUT, textId } from "../../domain/run/Run.ts"
import { noRemarks, type Remarks, remarksIn } from "../../domain/run/Verdict.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { StreamVault, Vault } from "../../ports/Vault.ts"
import { openKeys } from "../run/RunKeys.ts"
import type { Held } from "./Held.ts"

/** What stands beside the text that waits, and is not let out with it. */
export interface Beside {
  /** What was drafted first; null where nothing was revised. */
  readonly draft: Content | null
  /** What the auditor has said in its own words. */
  readonly remarks: Remarks
}

const PROMPT = ContentId.make("prompt")
const FILE = ContentId.make("file")

export const heldTexts = (
  journal: Pick<Journal["Service"], "key" | "sealed">,
  vault: Pick<Vault["Service"], "open">
) => {
  const keysOf = Effect.fnUntraced(function* ({ stream }: Held) {
    const wrapped = yield* journal.key(stream)
    if (Option.isNone(wrapped)) return yield* failure("VAULT_CONTENT_UNREADABLE", "gate")
    return yield* openKeys(journal, vault, stream, wrapped.value)
  })

  const sealed = Effect.fnUntraced(function* ({ stream }: Held, keys: StreamVault, id: ContentId) {
    const found = yield* journal.sealed(stream, id)
    return Option.isSome(found) ? yield* keys.unseal(found.value) : null
  })

  /** What the last call made for a purpose has said, if that is what is on record of it. */
  const said = Effect.fnUntraced(function* (
    held: Held,
    keys: StreamVault,
    purpose: Purpose
  ): Effect.fn.Return<Content, RuntimeFailure> {
    const id = textId(held.state, purpose)
    // Nothing is sealed of an answer without a letter.
    const text = (yield* sealed(held, keys, id)) ?? Content.empty
    const recorded = lastCall(held.state, purpose)?.settled?.digest ?? null
    return recorded === null || keys.digest(id, text) === recorded
      ? text
      : yield* failure("VAULT_CONTENT_UNREADABLE", "gate")
  })

  return {
    keysOf,
    /** The text that waits, if it is the one that is on record. */
    waiting: Effect.fnUntraced(function* (held: Held, keys: StreamVault) {
      const purpose = held.pending.revised ? "revision" : "draft"
      const text = yield* said(held, keys, purpose)
      return keys.digest(textId(held.state, purpose), text) === held.pending.digest
        ? text
        : yield* failure("VAULT_CONTENT_UNREADABLE", "gate")
    }),
    /** What a capability has made in the run; null without one. */
    output: (held: Held, keys: StreamVault) =>
      held.state.capability?.digest ? sealed(held, keys, OUTPUT) : Effect.succeed(null),
    asked: Effect.fnUntraced(function* (held: Held, keys: StreamVault) {
      const prompt = (yield* sealed(held, keys, PROMPT)) ?? Content.empty
      return { prompt, file: yield* sealed(held, keys, FILE) }
    }),
    beside: Effect.fnUntraced(function* (
      held: Held,
      keys: StreamVault
    ): Effect.fn.Return<Beside, RuntimeFailure> {
      const draft = held.pending.revised ? yield* said(held, keys, "draft") : null
      const remarks = held.pending.verdict
        ? Option.getOrElse(remarksIn(yield* said(held, keys, "audit")), () => noRemarks)
        : noRemarks
      return { draft, remarks }
    })
  }
}
