/**
 * What memory, capabilities and runbooks do not let one write or make. Each line below a mark must fail to compile; when one
 * compiles, the mark itself is the error. The functions are never called.
 */
import type { Memories, Writing } from "../../src/core/memory/Memories.ts"
import type { MemoryRecord } from "../../src/core/memory/MemoryStream.ts"
import type { Released, ReleasedChunk } from "../../src/core/run/Release.ts"
import type { Invocation, RunRequest } from "../../src/core/run/Request.ts"
import type { Runs, Seat } from "../../src/core/run/Runs.ts"
import type { StepOutcome } from "../../src/core/runbook/Runbooks.ts"
import type { Content } from "../../src/domain/Content.ts"
import type { CapabilityInvoked, Event, RunAccepted } from "../../src/domain/Event.ts"
import { failure } from "../../src/domain/Failure.ts"
import type { MemoryForgotten, MemoryWritten } from "../../src/domain/memory/MemoryEvent.ts"
import type { Recalled } from "../../src/domain/memory/Recall.ts"
import type { RunbookStep } from "../../src/domain/run/Seat.ts"
import type {
  DeclaredStep,
  RunbookStarted,
  RunbookTerminated
} from "../../src/domain/runbook/RunbookEvent.ts"
import type { Invoked } from "../../src/ports/Capability.ts"

declare const content: Content
declare const written: typeof MemoryWritten.Type
declare const forgotten: typeof MemoryForgotten.Type
declare const invoked: typeof CapabilityInvoked.Type
declare const accepted: typeof RunAccepted.Type
declare const started: typeof RunbookStarted.Type
declare const terminated: typeof RunbookTerminated.Type
declare const declared: DeclaredStep
declare const recalled: Recalled
declare const record: MemoryRecord
declare const call: Invoked
declare const released: Released
declare const chunk: ReleasedChunk
declare const outcome: StepOutcome
declare const writing: Writing
declare const invocation: Invocation
declare const request: RunRequest
declare const step: RunbookStep
declare const seat: Seat
declare const runs: Runs["Service"]
declare const memories: Memories["Service"]

export const remembering = (): ReadonlyArray<Event> => [
  // @ts-expect-error TS2353: what was written has no place for its value
  { ...written, value: content },
  // @ts-expect-error TS2322: nor does a value pass for the id it is sealed under
  { ...written, content },
  // @ts-expect-error TS2322: nor for whose words it is
  { ...written, provenance: "words" as string },
  // @ts-expect-error TS2353: nor has what was forgotten
  { ...forgotten, reason: content }
]

export const invoking = (): ReadonlyArray<Event> => [
  // @ts-expect-error TS2353: a call has no place for what it was given
  { ...invoked, payload: content },
  // @ts-expect-error TS2353: nor for what it made
  { ...invoked, output: call.output },
  // @ts-expect-error TS2322: nor does that pass for a code
  { ...invoked, errorCode: call.output },
  // @ts-expect-error TS2322: nor does a message
  { ...invoked, errorCode: "words" as string },
  // @ts-expect-error TS2353: a run is told what is to be called by its digest alone
  { ...accepted, capability: { id: invocation.id, payload: content } }
]

export const declaring = (): ReadonlyArray<Event> => [
  // @ts-expect-error TS2353: a runbook has no place for what its file says
  { ...started, metadata: content },
  // @ts-expect-error TS2322: nor does a step's prompt pass for its digest
  { ...started, steps: [{ ...declared, promptDigest: content }] },
  // @ts-expect-error TS2322: nor do words for a code
  { ...terminated, code: "words" as string }
]

export const steps = (): ReadonlyArray<DeclaredStep> => [
  // @ts-expect-error TS2353: a step has no place for its prompt
  { ...declared, prompt: content },
  // @ts-expect-error TS2322: nor for a payload
  { ...declared, capability: { id: invocation.id, payloadDigest: content, payloadChars: 1 } }
]

export const saying = () => [
  // @ts-expect-error TS2353: what became of a record has no place for its value
  { ...recalled, value: content } satisfies Recalled,
  // @ts-expect-error TS2353: nor has the record in a list
  { ...record, value: content } satisfies MemoryRecord,
  // @ts-expect-error TS2740: a place in a runbook is none of its words
  failure("RUNBOOK_SCHEMA_ERROR", "setup", { places: content }),
  // @ts-expect-error TS2353: a failure says nothing of what a capability said
  failure("CAPABILITY_EXCEPTION", "capability", { message: "words" })
]

export const releasing = (): ReadonlyArray<Released | ReleasedChunk> => [
  // @ts-expect-error TS2322: what a capability made has not been released
  call.output,
  // @ts-expect-error TS2322: nor is it when it stands beside a text that was
  { text: released.text, receipt: released.receipt, output: "words" },
  // @ts-expect-error TS2353: nor is a value that is looked at under another name
  { ...chunk, value: content }
]

export const outcomes = (): ReadonlyArray<StepOutcome> => [
  // @ts-expect-error TS2739: nor is a step's answer made elsewhere
  { ...outcome, released: { text: "words", receipt: released.receipt, output: null } },
  // @ts-expect-error TS2739: nor is it content
  { ...outcome, released: content }
]

export const seats = () => [
  // @ts-expect-error TS2554: a step is run from its place
  runs.turn(request),
  // @ts-expect-error TS2345: a place that is nobody's is none
  runs.turn(request, null),
  // @ts-expect-error TS2739: nor is the step alone: it says what is written beside it
  runs.turn(request, { at: { step } }),
  // @ts-expect-error TS2322: nor can a run be at no place
  runs.turn(request, { ...seat, at: {} }),
  // @ts-expect-error TS2353: nor can a request bring its own
  runs.run({ ...request, step })
]

export const writes = () => [
  // @ts-expect-error TS2554: nothing is written that nobody said yes to
  memories.write(writing),
  // @ts-expect-error TS2345: and a word is no yes
  memories.write(writing, true),
  // @ts-expect-error TS2322: a value comes as content
  memories.write({ ...writing, value: "words" }, memories.list(null, 1, null))
]
