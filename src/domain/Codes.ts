/** Owns every code the system can answer with, and what each means everywhere. */
import { Schema } from "effect"
import { transport } from "./server/TransportCodes.ts"
import { providers } from "./run/ProviderCodes.ts"
import { webhook } from "./webhook/WebhookCodes.ts"
import { capability, contract, internal, meaning, type Meaning, route } from "./Meaning.ts"

/** Every code the system can answer with. A code is stable: it may be added, never renamed or reused. */
export const codes = {
  ROUTE_MODE_UNKNOWN: route(404, "The routing table has no such mode[; io3 route lists them]."),
  ROUTE_MODE_INTERNAL: route(
    403,
    "This mode audits and answers nobody[; io3 route shows which ones answer]."
  ),
  ROUTE_TARGET_INVALID: route(500, "A route target is not of the form namespace:model."),
  ROUTE_TABLE_INVALID: route(500, "The routing table is not usable."),

  ...providers,

  AUDIT_REJECTED: meaning(
    "audit_challenger",
    422,
    1,
    "The audit did not pass the answer; nothing was released."
  ),
  AUDIT_UNAVAILABLE: meaning(
    "audit_challenger",
    422,
    1,
    "There was no usable verdict, or nobody to give one; nothing was released."
  ),

  CAPABILITY_NOT_FOUND: capability(404, 2, "There is no such capability[; io3 capabilities lists them]."),
  CAPABILITY_PAYLOAD_INVALID_JSON: capability(400, 2, "The payload is not JSON."),
  CAPABILITY_INVALID_PAYLOAD: capability(
    422,
    1,
    "The payload is not what the capability takes[; io3 capabilities --json shows what that is]."
  ),
  CAPABILITY_INPUT_TOO_LARGE: capability(413, 1, "The payload is larger than the capability takes."),
  CAPABILITY_OUTPUT_TOO_LARGE: capability(502, 1, "The capability produced more than it may."),
  CAPABILITY_OUTPUT_INVALID: capability(
    502,
    1,
    "The capability produced something else than it says it does."
  ),
  CAPABILITY_TIMEOUT: capability(504, 1, "The capability was stopped: it did not end in its time."),
  CAPABILITY_EXCEPTION: capability(502, 1, "The capability broke."),

  BOUNDS_EXCEEDED: contract(
    422,
    1,
    "No worst case can be certified: max_output_tokens does not fit a context window (num_ctx) of this route."
  ),
  BUDGET_EXCEEDED: meaning(
    "contract_violation",
    429,
    1,
    "What was spent in the window and the worst case of this run are over the budget[; io3 budgets shows it]. No call was made.",
    true
  ),
  CONTEXT_LIMIT_EXCEEDED: contract(
    422,
    1,
    "The assembled context is larger than its limit; no answer was made."
  ),
  CONTEXT_TRUNCATED: contract(
    502,
    1,
    "The provider read less than was sent to it; what it answered is no answer."
  ),
  CONSTELLATION_DRIFT: contract(
    500,
    2,
    "Executor and challenger are one model without constellation.allow_same_model, or a mode has over 20 steps."
  ),
  PORTABILITY_CHECK_FAILED: contract(
    500,
    1,
    "This configuration cannot be used on this machine[; io3 doctor names the way out]."
  ),
  USAGE_INVALID: contract(400, 2, "The command line is none that there is[; io3 --help shows those it has]."),
  CONFIG_INVALID: contract(500, 2, "The configuration is not valid."),
  CONFIG_NOT_FOUND: contract(400, 2, "There is no configuration in this folder[; io3 init writes one]."),
  CONFIG_UNREADABLE: contract(500, 2, "A configuration file could not be read."),
  CONFIG_UNWRITABLE: contract(500, 2, "A configuration file could not be written."),
  TRUST_UNWRITABLE: contract(
    500,
    2,
    "The files are written, but not that they are trusted[: their provider settings do not count until io3 trust succeeds]."
  ),
  CONFIG_TOO_LARGE: contract(500, 2, "A configuration file is larger than 256 KiB."),
  PROMPT_REQUIRED: contract(400, 2, "A prompt is required."),
  PROMPT_TOO_LARGE: contract(413, 2, "The prompt is larger than 1 MiB."),
  FILE_NOT_FOUND: contract(400, 2, "The input file does not exist."),
  FILE_UNREADABLE: contract(400, 2, "The input file could not be read."),
  FILE_EXISTS: contract(400, 2, "The file exists already, and is left alone."),
  FILE_NOT_TEXT: contract(400, 2, "The input is not UTF-8 text."),
  FILE_TOO_LARGE: contract(413, 2, "The file is larger than one of its kind can be."),
  FILE_UNWRITABLE: contract(400, 2, "The file could not be written."),
  UNSUPPORTED_FILE_TYPE: contract(415, 2, "The file is of a kind that is not read as text."),
  MEMORY_NAME_INVALID: contract(
    400,
    2,
    "A scope or key has one to four parts of at most 31 letters, digits, - and _, with single dots between them."
  ),
  MEMORY_NOT_FOUND: contract(404, 1, "Nothing is remembered under this scope and key."),
  MEMORY_WRITE_FAILED: contract(409, 1, "It was not confirmed (--yes); nothing was written or forgotten."),
  MEMORY_VALUE_TOO_LARGE: contract(413, 2, "The value is larger than 64 KiB."),
  MEMORY_CONFLICT: contract(
    409,
    1,
    "The record has another version than the one that was named; nothing was written."
  ),
  MEMORY_PACK_UNKNOWN: contract(404, 2, "No such memory pack is declared[; io3 memory packs lists them]."),
  MEMORY_PACK_INVALID: contract(
    500,
    2,
    "A pack in memory_packs.yaml is declared twice, includes what is not there or includes others, or there are over 256 records."
  ),
  RUNBOOK_FILE_NOT_FOUND: contract(400, 2, "There is no such runbook file."),
  RUNBOOK_INVALID_JSON: contract(400, 2, "The runbook is not JSON."),
  RUNBOOK_INVALID_YAML: contract(400, 2, "The runbook is not YAML that is read here."),
  RUNBOOK_SCHEMA_ERROR: contract(400, 2, "The file is not a runbook, or names what is not there."),
  RUNBOOK_EMPTY: contract(400, 2, "The runbook has no step."),
  RUNBOOK_MAX_STEPS_EXCEEDED: contract(400, 2, "A runbook has 20 steps at most."),
  RUNBOOK_CONFLICT: meaning(
    "contract_violation",
    409,
    1,
    "Somebody else goes on with this runbook; nothing was done.",
    true
  ),
  RUNBOOK_PAUSED: contract(
    409,
    3,
    "A step of this runbook is held[; io3 steward list shows it, and io3 resume goes on after the decision]."
  ),
  CHECKPOINT_NOT_FOUND: contract(404, 1, "There is no run, turn or runbook of this id to go on from."),
  CHECKPOINT_INTEGRITY_ERROR: contract(
    500,
    1,
    "What was recorded does not verify, or a sealed text is not the one that was recorded; nothing was done."
  ),
  RESUME_INVALID_STATE: contract(
    409,
    1,
    "There is nothing to resume: it has ended well, is under way, or waits for a steward."
  ),
  RESUME_CONFIG_CHANGED: contract(
    409,
    2,
    "The configuration is another one than this was begun under; --accept-config goes on under the new one."
  ),
  REPLAY_CONTENT_REQUIRED: contract(
    422,
    1,
    "Texts of this run are not on this machine and have to be given."
  ),
  RUN_NOT_FOUND: contract(404, 1, "There is no such run in the ledger."),
  RUN_AMBIGUOUS: contract(400, 1, "The ids of several runs begin like this; give more of it."),
  RUN_INTERRUPTED: internal(502, 1, "The process that ran this ended before the run did.", true),
  RUN_CANCELLED: internal(409, 1, "The run was cancelled.", true),
  RUN_TRANSITION_INVALID: contract(409, 1, "The run is not in a state that allows this."),
  RUN_OPEN: contract(
    409,
    1,
    "The run has not ended[; io3 steward list shows what is held, io3 runs recover ends what a dead process left]."
  ),
  RUN_ERASED: contract(
    410,
    1,
    "The texts of this run were erased: nothing can be read or checked against its receipt; its record stands."
  ),
  SESSION_NOT_FOUND: contract(404, 1, "There is no such session[; io3 session list shows those there are]."),
  SESSION_AMBIGUOUS: contract(400, 1, "The ids of several sessions begin like this; give more of it."),
  SESSION_CONFLICT: meaning(
    "contract_violation",
    409,
    1,
    "A turn of this session is under way, or somebody else was first; nothing was done. Try again.",
    true
  ),
  SESSION_PAUSED: contract(
    409,
    3,
    "A turn of this session is held[; io3 steward list shows it, and a decision lets the session go on]."
  ),
  SESSION_NOT_ACTIVE: contract(409, 1, "The session is closed."),
  SESSION_AT_LIMIT: contract(409, 1, "The session has no turn left[; io3 session start begins another]."),
  TURN_NOT_FOUND: contract(404, 1, "The session has no such turn here[; io3 session show lists its turns]."),
  SESSION_TITLE_INVALID: contract(400, 2, "A title has 1 to 200 characters, and not all of them invisible."),
  SESSION_ERASED: contract(410, 1, "The texts of this session were erased; its record stands."),
  SNAPSHOT_SCHEMA_INVALID: contract(400, 1, "The file is not a snapshot of a session."),
  SNAPSHOT_UNTRUE: contract(
    422,
    1,
    "The snapshot does not verify: it was altered, or signed with another key than the one that is trusted."
  ),
  STEWARD_REJECTED: contract(409, 1, "A steward did not let the answer out; nothing was released."),
  STEWARD_REDIRECTED: contract(
    409,
    1,
    "A steward discarded the answer and asked something else instead; nothing was released."
  ),
  STEWARD_EXPIRED: contract(409, 1, "Nobody decided in time; nothing was released."),
  STEWARD_NOT_PENDING: contract(
    404,
    1,
    "No held turn has such an id[; io3 steward list shows those there are]."
  ),
  STEWARD_DECIDED: contract(409, 1, "This turn was decided before; nothing was changed."),
  STEWARD_STALE: contract(
    409,
    1,
    "This is not the digest of the text that waits[; io3 steward show shows it]. Nothing was decided."
  ),
  STEWARD_TEXT_REQUIRED: contract(400, 2, "An edit needs a text: a file, standard input or $EDITOR."),
  EDITOR_FAILED: contract(
    400,
    1,
    "The editor could not be started, did not end well, or left the text empty or as it was; nothing was decided."
  ),
  RECEIPT_NOT_FOUND: contract(
    404,
    1,
    "There is no receipt of this run[; io3 runs show says what is known of what left]."
  ),
  RECEIPT_MISMATCH: contract(422, 1, "These are not the bytes that the receipt is over."),
  RECORD_EMPTY: contract(
    404,
    1,
    "Nothing is recorded there; perhaps --data or IO3_DATA means another folder."
  ),
  LEDGER_BROKEN: contract(500, 1, "The ledger does not verify."),
  LEDGER_EXPORT_INVALID: contract(
    400,
    1,
    "The file is not a ledger export, a checkpoint, a disclosure or a public key."
  ),

  ...transport,
  ...webhook,
  OUTPUT_FAILED: internal(500, 1, "Standard output could not be written."),
  METADATA_LOG_UNWRITABLE: internal(
    500,
    1,
    "The metadata log could not be written[; io3 ledger project makes it anew from the ledger]."
  ),
  JOURNAL_CONFLICT: internal(409, 1, "Somebody else moved this run first.", true),
  JOURNAL_BUSY: internal(503, 1, "The journal is locked by another process.", true),
  JOURNAL_FULL: internal(507, 1, "The journal's disk is full."),
  JOURNAL_UNAVAILABLE: internal(503, 1, "The journal could not be read or written."),
  JOURNAL_CORRUPT: internal(
    500,
    1,
    "The journal is damaged[; put a copy made with `io3 ledger backup` in its place]."
  ),
  JOURNAL_NEWER: internal(500, 2, "The journal was written by a newer version of io-iii."),
  JOURNAL_OLDER: internal(
    500,
    2,
    "The journal was written before the ledger had its format; --data begins a new one elsewhere."
  ),
  VAULT_KEY_INVALID: internal(
    500,
    2,
    "The master key is missing, may not be read, is open to others, not the one of this data, or no 64 hex digits[; io3 doctor says which]."
  ),
  SIGNING_KEY_INVALID: internal(
    500,
    2,
    "The signing key (or signing.pub) may not be read or made, is open to others, or is no 32-byte Ed25519 seed[; io3 doctor says which]."
  ),
  SIGNING_KEY_FOREIGN: internal(
    500,
    2,
    "The signing key is missing, or not the one that has signed here before[; io3 doctor says which]."
  ),
  VAULT_CONTENT_UNREADABLE: internal(500, 1, "A sealed text was altered or its key was destroyed."),
  INTERNAL_ERROR: internal(
    500,
    1,
    "Something went wrong inside io-iii: a bug. IO3_DEBUG=1 shows where, without any text of yours."
  )
} as const satisfies Record<string, Meaning>

export const Code = Schema.Literals(Object.keys(codes) as [keyof typeof codes, ...Array<keyof typeof codes>])
export type Code = typeof Code.Type
