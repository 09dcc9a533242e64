/** Owns the shapes in which memory is printed as JSON; they change by addition alone. */
import { Schema } from "effect"
import type { Forgotten, RecordPage } from "../../core/memory/Memories.ts"
import type { PackList } from "../../core/memory/PackList.ts"
import type { MemoryRecord } from "../../core/memory/MemoryStream.ts"
import { Count, MemoryKey, MemoryScope, Mode, PackId, Timestamp } from "../../domain/Ids.ts"
import { Provenance, Sensitivity } from "../../domain/memory/MemoryEvent.ts"

/** A record without its value. */
const RecordOutput = Schema.Struct({
  /** `<scope>/<key>`. */
  identifier: Schema.String,
  scope: MemoryScope,
  key: MemoryKey,
  version: Count,
  sensitivity: Sensitivity,
  provenance: Provenance,
  chars: Count,
  created_at: Timestamp,
  updated_at: Timestamp
})

const ok = Schema.Literal("ok")

/** `io3 memory write`. */
export const WrittenOutput = Schema.Struct({ status: ok, ...RecordOutput.fields })

/** `io3 memory list`. */
export const RecordsOutput = Schema.Struct({
  records: Schema.Array(RecordOutput),
  /** Where the list goes on; null at its end. */
  next: Schema.NullOr(Count)
})

/** `io3 memory show`. */
export const ShownOutput = Schema.Struct({ status: ok, ...RecordOutput.fields, value: Schema.String })

/** `io3 memory forget`. `version` is the last one that was written. */
export const ForgottenOutput = Schema.Struct({
  status: ok,
  identifier: Schema.String,
  scope: MemoryScope,
  key: MemoryKey,
  version: Count,
  /** Whether the journal's log is free of the key already. */
  scrubbed: Schema.Boolean
})

/** `io3 memory packs`. */
export const PacksOutput = Schema.Struct({
  budget_chars: Count,
  packs: Schema.Array(
    Schema.Struct({
      id: PackId,
      scope: MemoryScope,
      include_packs: Schema.Array(PackId),
      /** Those of included packs first. `version` is 0 where there is no record. */
      keys: Schema.Array(
        Schema.Struct({ key: MemoryKey, version: Count, sensitivity: Schema.NullOr(Sensitivity) })
      ),
      /** Whose runs read it where none is named. */
      default_of_modes: Schema.Array(Mode),
      default_of_sessions: Schema.Boolean
    })
  )
})

const identifierOf = ({ scope, key }: Pick<MemoryRecord, "scope" | "key">): string => `${scope}/${key}`

export const recordOutput = ({
  createdAt,
  updatedAt,
  ...record
}: MemoryRecord): typeof RecordOutput.Type => ({
  identifier: identifierOf(record),
  ...record,
  created_at: createdAt,
  updated_at: updatedAt
})

export const recordsOutput = ({ records, cursor }: RecordPage): typeof RecordsOutput.Type => ({
  records: records.map(recordOutput),
  next: cursor
})

export const forgottenOutput = (forgotten: Forgotten): typeof ForgottenOutput.Type => ({
  status: "ok",
  identifier: identifierOf(forgotten),
  ...forgotten
})

export const packsOutput = ({ budgetChars, packs }: PackList): typeof PacksOutput.Type => ({
  budget_chars: budgetChars,
  packs: packs.map(({ id, scope, includes, keys, modes, isOfSessions }) => ({
    id,
    scope,
    include_packs: includes,
    keys,
    default_of_modes: modes,
    default_of_sessions: isOfSessions
  }))
})
