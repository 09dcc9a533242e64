/** Owns how a run's altered key is told from a master key that is another one: by whether the configurations' key opens. */
import { Effect, Exit, Option } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { configStream, type StreamId } from "../../domain/Ids.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { StreamVault, Vault, WrappedKey } from "../../ports/Vault.ts"

/**
 * Opens the keys of a run. `VAULT_CONTENT_UNREADABLE` where they were altered, `VAULT_KEY_INVALID` where the master key is
 * not this journal's: no run begins under a master key that does not open the key of the configurations.
 */
export const openKeys = Effect.fnUntraced(function* (
  { key }: Pick<Journal["Service"], "key">,
  vault: Pick<Vault["Service"], "open">,
  stream: StreamId,
  wrapped: WrappedKey
): Effect.fn.Return<StreamVault, RuntimeFailure> {
  const opened = yield* Effect.result(vault.open(stream, wrapped))
  if (opened._tag === "Success" || opened.failure.code !== "VAULT_KEY_INVALID") {
    return yield* Effect.fromResult(opened)
  }
  const witness = yield* key(configStream)
  const isOurs =
    Option.isSome(witness) && Exit.isSuccess(yield* Effect.exit(vault.open(configStream, witness.value)))
  return yield* isOurs ? failure("VAULT_CONTENT_UNREADABLE", "setup") : opened.failure
})

/** A sealed text that was altered is a checkpoint that was. */
export const asIntegrity = (reason: RuntimeFailure): RuntimeFailure =>
  reason.code === "VAULT_CONTENT_UNREADABLE" ? failure("CHECKPOINT_INTEGRITY_ERROR", "setup") : reason
