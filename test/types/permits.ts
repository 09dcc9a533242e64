/**
 * What nobody can make for himself: the rights to call and to release. Each line below a mark must fail to compile; when
 * one compiles, the mark itself is the error. The functions are never called.
 */
import * as Release from "../../src/core/run/Release.ts"
import type { Content } from "../../src/domain/Content.ts"
import * as Bounds from "../../src/domain/run/Bounds.ts"
import type { Receipt } from "../../src/domain/run/Receipt.ts"
import * as Journal from "../../src/ports/Journal.ts"
import type { Call, Provider } from "../../src/ports/Provider.ts"

declare const permit: Bounds.CallPermit
declare const intent: Journal.Intent
declare const receipt: Receipt
declare const released: Release.Released
declare const chunk: Release.ReleasedChunk
declare const content: Content
declare const provider: Provider
declare const call: Call
declare const journal: Journal.Journal["Service"]

export const permits = (): ReadonlyArray<Bounds.CallPermit> => [
  // @ts-expect-error TS2741: the shape alone is no permit
  { purpose: "draft", attempt: 1, reservation: permit.reservation },
  // @ts-expect-error TS2741: nor is a copy of one
  { ...permit },
  // @ts-expect-error TS2739: nor is an intent
  intent
]

export const intents = (): ReadonlyArray<Journal.Intent> => [
  // @ts-expect-error TS2741: a permit in a box is no intent
  { permit },
  // @ts-expect-error TS2741: nor is a copy of one
  { ...intent },
  // @ts-expect-error TS2739: nor is the permit itself
  permit
]

export const calls = () => [
  // @ts-expect-error TS2739: a permit alone does not call: its intent has to be durable
  provider.generate(permit, call),
  // @ts-expect-error TS2345: nor does nothing
  provider.generate(null, call),
  // @ts-expect-error TS2741: an intent needs a permit
  Journal.intend(journal, { purpose: "draft", attempt: 1, reservation: permit.reservation }, { appends: [] })
]

export const releases = (): ReadonlyArray<Release.Released | Release.ReleasedChunk> => [
  // @ts-expect-error TS2322: text with a receipt beside it has not been released
  { text: "words", receipt },
  // @ts-expect-error TS2322: nor has a copy
  { ...released },
  // @ts-expect-error TS2322: nor has content
  content,
  // @ts-expect-error TS2322: nor has a piece
  { ...chunk }
]

/** The classes behind them are not exported. */
export const classes = () => [
  // @ts-expect-error TS2551: a permit
  new Bounds.Permit("draft", 1, permit.reservation),
  // @ts-expect-error TS2551: an intent
  new Journal.Intended(permit),
  // @ts-expect-error TS2339: a released text
  new Release.Text(content, receipt),
  // @ts-expect-error TS2339: a released chunk
  new Release.Chunk(content)
]

export const outlet = (out: Release.Outlet) => [
  // @ts-expect-error TS2345: only a released chunk goes out
  out(content),
  // @ts-expect-error TS2345: and never a bare string
  out("words")
]

/** The other way about: what must compile. */
export const allowed = (out: Release.Outlet) => [provider.generate(intent, call), out(chunk)]
