/** Owns commits to write in tests of journals, and folders to write them in. */
import { Effect, Result } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sha256 } from "../../src/adapters/journal/Plan.ts"
import type { Event } from "../../src/domain/Event.ts"
import type { Code, RuntimeFailure } from "../../src/domain/Failure.ts"
import { ContentId, StreamId } from "../../src/domain/Ids.ts"
import { type Head, type Row, verify } from "../../src/domain/ledger/Ledger.ts"
import type { Append, Commit } from "../../src/ports/Journal.ts"

/** A folder that is gone after the test. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "io3-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export const run = (name: string | number) => StreamId.make(`run/${name}`)

/** An event that leaves its run open. Those of different `calls` are told apart. */
export const certified = (calls: number): Event => ({
  _tag: "BoundsCertified",
  certificate: { calls, inputTokens: 1, outputTokens: 1, wallMillis: 1, capabilityCalls: 0, gates: 0 }
})

/** An event that ends its run. */
export const cancelled: Event = { _tag: "RunCancelled", phase: "draft", receipt: null }

export const append = (stream: StreamId, expected: number, more: Partial<Append> = {}): Append => ({
  stream,
  expected,
  events: [certified(expected + 1)],
  sealed: [],
  key: null,
  ...more
})

export const commitOf = (...appends: ReadonlyArray<Append>): Commit => ({ appends })

export const sealedOf = (id: string, bytes: Iterable<number> = []) => ({
  id: ContentId.make(id),
  bytes: Uint8Array.from(bytes)
})

/** What the chain of these rows amounts to; throws where it is broken. */
export const verified = (stream: StreamId, rows: ReadonlyArray<Row>): Head =>
  Result.getOrThrowWith(verify(sha256, stream, rows), ({ seq, fault }) => new Error(`${fault} at ${seq}`))

/** The code an operation fails with; null when it succeeds. */
export const codeOf = <A, R>(
  effect: Effect.Effect<A, RuntimeFailure, R>
): Effect.Effect<Code | null, never, R> =>
  Effect.match(effect, { onSuccess: () => null, onFailure: ({ code }) => code })
