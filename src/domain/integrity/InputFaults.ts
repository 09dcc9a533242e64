/** Owns the words for faults of what runs may remember. */
import { fault, warning } from "./FaultMeaning.ts"

/** No run that names such a pack can begin. */
export const packFaults = {
  MEMORY_PACK_DOUBLED: fault(
    "A memory pack is declared twice: no run that has packs can begin.",
    "Give one of them another id in memory_packs.yaml, or remove it."
  ),
  MEMORY_INCLUDE_UNKNOWN: fault(
    "A memory pack includes one that is not there: no run that names it can begin.",
    "Correct its include_packs in memory_packs.yaml."
  ),
  MEMORY_INCLUDE_NESTED: fault(
    "A memory pack includes one that itself includes others: no run that names it can begin.",
    "Name in its include_packs, in memory_packs.yaml, the packs that have the keys."
  ),
  MEMORY_PACK_TOO_LARGE: fault(
    "A memory pack has, with what it includes, more than 256 records: no run that names it can begin.",
    "Take it apart in memory_packs.yaml."
  ),
  MEMORY_DEFAULTS_TOO_LARGE: fault(
    "The packs that this has where none are named have more than 256 records together: none of its runs can begin.",
    "Name fewer of them under defaults in memory_packs.yaml."
  ),
  MEMORY_DEFAULT_UNKNOWN: fault(
    "The defaults name a memory pack that is not there: no run that has it can begin.",
    "Correct defaults in memory_packs.yaml, or declare the pack.",
    "io3 memory packs"
  )
} as const

/** Nothing comes of it. */
export const accessWarnings = {
  MEMORY_MODE_UNKNOWN: warning(
    "Memory is given to a mode that is not there: nobody has it.",
    "Correct memory_retrieval_policy.yaml, or the defaults in memory_packs.yaml; io3 config show has the modes.",
    "io3 config show"
  ),
  MEMORY_CAPABILITY_UNKNOWN: warning(
    "Memory is given to a capability that is not there: nobody has it.",
    "Correct capability_allowlist in memory_retrieval_policy.yaml.",
    "io3 capabilities"
  )
} as const
