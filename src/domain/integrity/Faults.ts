/** Owns the words for every fault of an installation: what it is, how bad, and the way out. */
import { Schema } from "effect"
import { fault, type Meaning, note, warning } from "./FaultMeaning.ts"
import { hostFaults, hostWarnings, providerFaults } from "./HostFaults.ts"
import { tokenFaults, tokenNotes, tokenWarnings } from "./AccessFaults.ts"
import { accessWarnings, packFaults } from "./InputFaults.ts"
import { webhookNotes, webhookWarnings } from "./WebhookFaults.ts"

const ELSEWHERE = "or name another folder with --data or IO3_DATA"
/** Of a key that is there nothing says that it is wrong: it is never to be removed. */
const READABLE = 'sudo chown "$(id -un)" {path} && chmod 600 {path}'
const BACKUP = "Put a copy made with `io3 ledger backup` in its place"

/** Every fault, worst first. A name is stable: it may be added, never renamed or reused. */
export const faults = {
  NODE_TOO_OLD: fault("Node is older than this program needs.", "Install Node 24 or newer."),

  DATA_NOT_FOLDER: fault(
    "Something stands where the data folder should be, and it is no folder.",
    `Move it away, ${ELSEWHERE}.`
  ),
  DATA_UNWRITABLE: fault(
    "The data folder, or the one it would be made in, cannot be written.",
    `Give yourself the right to write there, ${ELSEWHERE}.`,
    "chmod u+rwx {path}"
  ),
  DISK_FULL: fault("There is no space left for a run where the data is.", "Free some space."),

  ENVIRONMENT_KEY_MALFORMED: fault(
    "IO3_MASTER_KEY is not 32 bytes as 64 hex digits or base64.",
    "Set it to the key this data was sealed with, or unset it to use the key file.",
    "unset IO3_MASTER_KEY"
  ),
  MASTER_KEY_MISSING: fault(
    "There is a journal, and the master key to it is missing.",
    "Put the key file back, or set IO3_MASTER_KEY. Without it the texts are lost; to begin anew, name another data folder."
  ),
  MASTER_KEY_UNREADABLE: fault(
    "The master key may not be read: it, or the folder it is in, belongs to somebody else.",
    "Make it yours, or run io3 as the user whose it is. Keep the file: without it the texts are lost.",
    READABLE
  ),
  MASTER_KEY_OPEN: fault("The master key is open to others.", "Keep it to yourself.", "chmod 600 {path}"),
  MASTER_KEY_MALFORMED: fault(
    "The master key is not 32 bytes as 64 hex digits or base64.",
    "Put the key file back as it was. If nothing was ever recorded here, remove it: the next run makes one."
  ),
  MASTER_KEY_FOREIGN: fault(
    "The master key is not the one this data was sealed with.",
    "Put back the key that belongs to this journal, or the journal that belongs to this key."
  ),

  JOURNAL_UNREADABLE: fault(
    "The journal cannot be read.",
    "Give yourself the right to read and write it.",
    "chmod u+rw {path}"
  ),
  JOURNAL_FOREIGN: fault("The file that should be the journal is none of ours.", `${BACKUP}, ${ELSEWHERE}.`),
  JOURNAL_NEWER: fault(
    "The journal was written by a newer version of io-iii.",
    `Install that version, ${ELSEWHERE}.`
  ),
  JOURNAL_OLDER: fault(
    "The journal was written before the ledger had its format.",
    "Begin a new one in another folder, with --data, and keep this one with the version that wrote it."
  ),
  JOURNAL_CUT: fault("The journal's file is cut off.", `${BACKUP}.`),
  JOURNAL_DAMAGED: fault("The journal is damaged.", `${BACKUP}.`),
  JOURNAL_LOG_FOREIGN: fault(
    "The write-ahead log beside the journal belongs to another journal, or to another copy of this one.",
    "Stop every io3, put the log aside, and look again. The journal is whole without it.",
    "mv {path} {path}.aside"
  ),

  CONFIG_INVALID: fault(
    "The configuration is not valid.",
    "Correct these places; docs/configuration.md has every key."
  ),
  CONFIG_UNREADABLE: fault(
    "A configuration file or folder cannot be read.",
    "Give yourself the right to read it, or remove it."
  ),
  CONFIG_TOO_LARGE: fault(
    "A configuration file is larger than 256 KiB.",
    "Make it smaller: a file holds what you change and nothing else."
  ),
  ENVIRONMENT_UNKNOWN: fault(
    "A variable that begins with IO3_ is none of ours.",
    "Correct its name, or unset it.",
    "unset {name}"
  ),

  ROUTE_TARGET_INVALID: fault(
    "A target of this mode is not of the form namespace:model.",
    "Correct it in routing_table.yaml, e.g. local:qwen3:8b."
  ),
  CHALLENGER_SAME_MODEL: fault(
    "Executor and challenger are one model: it would judge itself, and no run begins.",
    "Give the challenger another model in routing_table.yaml, or set constellation.allow_same_model: true in runtime.yaml."
  ),
  TOO_MANY_STEPS: fault(
    "A mode declares more than 20 steps, and no run begins.",
    "Lower its max_steps in routing_table.yaml."
  ),
  OUTPUT_TOO_LARGE: fault(
    "max_output_tokens does not fit the context window (num_ctx): no run can be certified.",
    "Lower max_output_tokens in runtime.yaml, or raise num_ctx in providers.yaml."
  ),

  ...packFaults,
  ...hostFaults,
  ...tokenFaults,
  ...providerFaults,

  DATA_OPEN: warning(
    "Others on this machine can write to the data folder.",
    "Keep it to yourself.",
    "chmod go-w {path}"
  ),
  DISK_LOW: warning("There is little space left where the data is.", "Free some space."),
  JOURNAL_MISSING: warning(
    "Something was recorded here, and the journal is missing: the next run would begin a new one.",
    `${BACKUP}, or name the folder that has it with --data or IO3_DATA.`
  ),
  JOURNAL_OPEN: warning(
    "Others on this machine can read the journal: not what was said, but who asked when, and which model answered.",
    "Keep it to yourself.",
    "chmod 600 {path}"
  ),
  ENVIRONMENT_SIGNING_KEY_MALFORMED: warning(
    "IO3_SIGNING_KEY is no Ed25519 seed of 32 bytes as 64 hex digits or base64: nothing can be signed.",
    "Set it to your key, or unset it to use the key file.",
    "unset IO3_SIGNING_KEY"
  ),
  SIGNING_KEY_OPEN: warning(
    "The signing key is open to others: nothing is signed with it.",
    "Keep it to yourself. If somebody may have read it, replace it.",
    "chmod 600 {path}"
  ),
  SIGNING_KEY_UNREADABLE: warning(
    "The signing key, or signing.pub beside it, may not be read: it, or the folder it is in, belongs to somebody else.",
    "Make it yours, or run io3 as the user whose it is. Keep the file: another key is one that others have to learn.",
    READABLE
  ),
  SIGNING_KEY_MALFORMED: warning(
    "The signing key is no Ed25519 seed of 32 bytes as 64 hex digits or base64: nothing can be signed.",
    "Put the file back as it was. Without a copy, remove it and signing.pub beside it: the next signature makes a new one, which others have to learn."
  ),
  SIGNING_KEY_MISSING: warning(
    "The signing key that signed here before is missing: nothing is signed.",
    "Put the file back. Without a copy, remove signing.pub, which names the lost one: the next signature makes a new one, which others have to learn."
  ),
  SIGNING_KEY_FOREIGN: warning(
    "The signing key is not the one that signed here before: nothing is signed with it.",
    "Put back the one that signing.pub names. To go on with this one, remove signing.pub, and give its public key to whoever checks."
  ),
  ERASURE_PENDING: warning(
    "Bytes of erased texts, or their key, may still stand in the write-ahead log.",
    "Stop whatever reads the journal: the next command that writes, io3 run for example, empties the log."
  ),
  RUNS_ABANDONED: warning(
    "Processes that died have left runs open.",
    "End them; one whose answer was paid for goes on, and may call the models of its audit.",
    "io3 runs recover"
  ),
  RUNBOOK_ABANDONED: warning(
    "A runbook stands open, and nobody works on it.",
    "Go on with it.",
    "io3 resume {name}"
  ),
  CLOCK_BEHIND: warning(
    "The clock of this machine is behind what was recorded last.",
    "Set the clock. Times in the record never run backwards, and budgets count in time.",
    "timedatectl set-ntp true"
  ),
  CLOCK_AHEAD: warning(
    "The clock of this machine is more than a year ahead of what was recorded last.",
    "If nothing was recorded for so long, all is well; else set the clock before a run records a wrong time.",
    "timedatectl set-ntp true"
  ),
  BUDGET_MISCOUNTED: warning(
    "What is counted against the budget is not what the runs in the journal cost.",
    "End abandoned runs first. If it stays so, the counters were changed behind the program's back: use a backup."
  ),
  CONFIG_UNTRUSTED: warning(
    "This folder's provider settings are not trusted, and are left out.",
    "Read them. If they are yours, trust them.",
    "io3 trust"
  ),
  CONFIG_FILE_MISSPELT: warning(
    "Nobody reads this configuration file: its name is almost that of one of the set.",
    "Rename it.",
    "mv -n {path}/{name} {path}/{meant}"
  ),
  CONFIG_FILE_DOUBLED: warning(
    "Nobody reads this configuration file: its name is almost that of one of the set, which is there too.",
    "Move its keys into the file that is read, or delete it."
  ),
  CONFIG_FILE_UNREAD: warning(
    "Nobody reads this configuration file.",
    "Move it elsewhere, or its keys into a file of the set."
  ),
  METADATA_UNWRITABLE: warning(
    "metadata.jsonl cannot be written.",
    "Give yourself the right to write it, or move it away; then make it again from the journal: io3 ledger project.",
    "mv {path} {path}.aside"
  ),
  TELEMETRY_VARIABLE_UNREADABLE: warning(
    "A variable of OpenTelemetry cannot be read, and is not heeded.",
    "Correct it; docs/observability.md has those that are heeded.",
    "unset {name}"
  ),
  PROVIDER_NONE: warning(
    "No model is configured: the built-in stand-in answers.",
    "Look for a local Ollama and write a configuration for it; if there is one that is not trusted, trust it: io3 trust.",
    "io3 init --replace"
  ),
  PROVIDER_UNSUPPORTED: warning(
    "This provider is turned on, and there is no adapter for it.",
    "Turn it off in providers.yaml."
  ),
  PROVIDER_UNKNOWN: warning(
    "The routing table names a provider that there is not: what is routed there goes elsewhere, or to the stand-in.",
    "Correct the target in routing_table.yaml: local, openai, anthropic or another one of providers.yaml, a colon, and the model."
  ),
  PROVIDER_TOO_OLD: warning(
    "This Ollama is older than the ones this program was tried with.",
    "Update it to 0.24 or newer."
  ),
  MODEL_SPARE_MISSING: warning(
    "The provider does not have this model. Another one stands in for it.",
    "Pull it, or name one that is there in routing_table.yaml.",
    "ollama pull {name}"
  ),
  WINDOW_TOO_LARGE: warning(
    "The context window asked for (num_ctx) is larger than this model was trained for; Ollama lowers it and does not say so.",
    "Lower num_ctx in providers.yaml."
  ),
  MODEL_WITHOUT_TEMPLATE: warning(
    "This model has no chat template: it sees messages without knowing who said what.",
    "Name another one in routing_table.yaml, or give it a TEMPLATE in a Modelfile."
  ),
  ...hostWarnings,
  ...accessWarnings,
  ...webhookWarnings,
  ...tokenWarnings,
  CHALLENGER_MISSING: warning(
    "Nobody who can judge is configured: every audit is refused.",
    "Give the mode challenger a model in routing_table.yaml."
  ),
  CHECK_FAILED: warning("This could not be looked at.", "Look again. IO3_DEBUG=1 shows where it failed."),
  CHECK_TIMED_OUT: warning("Looking at this took too long.", "Look again when the machine is less busy."),

  DATA_MISSING: note(
    "There is no data folder yet.",
    "The first run makes it. If there should be one, name it with --data or IO3_DATA."
  ),
  ...webhookNotes,
  TURNS_HELD: note("Turns wait for a steward.", "Look at them, and decide.", "io3 steward list"),
  THRESHOLD_CLASS_UNUSED: note(
    "A steward is to be asked about a class of capabilities that none is of.",
    "If it is a typo, correct steward_thresholds.capability_classes in runtime.yaml; io3 capabilities has the classes.",
    "io3 capabilities"
  ),
  JOURNAL_UNCHECKED: note(
    "The journal is too large to be checked to the end here; its first, quick check found nothing.",
    "Check all of it.",
    "io3 ledger verify"
  ),
  CHALLENGER_NOT_INDEPENDENT: note(
    "Executor and challenger are one model, as allowed: its verdicts say that they are not independent.",
    "Give the challenger another model in routing_table.yaml, and set constellation.allow_same_model to false."
  ),
  ...tokenNotes
} as const satisfies Record<string, Meaning>

const names = Object.keys(faults) as [keyof typeof faults, ...Array<keyof typeof faults>]
export const FaultName = Schema.Literals(names)
export type FaultName = typeof FaultName.Type
