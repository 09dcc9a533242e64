/** Owns what a run remembers: the records of its packs, as far as policy and budget let it read them. It writes nothing. */
import { Context, Effect, Layer, Option } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { PackId, StreamId } from "../../domain/Ids.ts"
import { memoryStream, type Name } from "../../domain/memory/Memory.ts"
import { type Found, type MemoryPolicy, namesOf, type Reader, recall } from "../../domain/memory/Recall.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import type { Remembered } from "../run/Request.ts"
import { streamsOf } from "./MemoryStream.ts"

export class Recollections extends Context.Service<
  Recollections,
  {
    /** What a run may read of packs. `MEMORY_PACK_UNKNOWN`, `MEMORY_PACK_INVALID`; `VAULT_*` where a value cannot be read. */
    readonly recall: (
      policy: MemoryPolicy,
      reader: Reader,
      packs: ReadonlyArray<PackId>
    ) => Effect.Effect<Remembered, RuntimeFailure>
    /** The same versions once more, for a run that is gone on with; `None` where one of them is not there any more. */
    readonly again: (
      packs: ReadonlyArray<PackId>,
      recalled: Remembered["recalled"]
    ) => Effect.Effect<Option.Option<Remembered>, RuntimeFailure>
  }
>()("io-iii/core/memory/Recollections") {
  static readonly layer = Layer.effect(
    Recollections,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault
      const { load, present, valueOf } = streamsOf(journal, vault)

      const find = Effect.fnUntraced(function* (
        name: Name
      ): Effect.fn.Return<Found & { readonly stream: StreamId }, RuntimeFailure> {
        const place = yield* load(name)
        const written = present(place)
        if (!written) return { ...name, stream: place.stream, record: null }
        const { version, sensitivity, chars } = written
        return { ...name, stream: place.stream, record: { version, sensitivity, chars } }
      })

      /** The values of what is released; `None` where one is not there. */
      const valuesOf = Effect.fnUntraced(function* (recalled: Remembered["recalled"]) {
        const released = recalled.filter(({ outcome }) => outcome === "released")
        const values = yield* Effect.forEach(released, ({ scope, key, version }) =>
          Effect.map(
            valueOf(memoryStream(vault.fingerprint, { scope, key }), version),
            Option.map((value) => ({ scope, key, value }))
          )
        )
        return Option.all(values)
      })

      return Recollections.of({
        recall: Effect.fn("Recollections.recall")(function* (policy, reader, packs) {
          const names = yield* Effect.fromResult(namesOf(policy.packs, packs))
          const found = yield* Effect.forEach(names, find)
          const recalled = recall(policy, reader, found)
          const values = yield* valuesOf(recalled)
          // Forgotten between two looks.
          if (Option.isNone(values)) return yield* failure("MEMORY_CONFLICT", "context")
          return { packs, recalled, values: values.value }
        }),
        again: Effect.fn("Recollections.again")(function* (packs, recalled) {
          return Option.map(yield* valuesOf(recalled), (values) => ({ packs, recalled, values }))
        })
      })
    })
  )
}
