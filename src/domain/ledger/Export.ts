/** Owns the lines of an export, byte for byte: header, rows, footer. What they say together is checked elsewhere. Pure. */
import { Option, Schema } from "effect"
import { fromCanonical, signed } from "./Head.ts"
import { Count, Digest, StreamId, Timestamp } from "../Ids.ts"
import { canonical, type Row } from "./Ledger.ts"

export const HEADER = '{"format":"io3/ledger/v1"}'

/** A row as its line. Its payload stands in it as it was written. */
export const rowLine = ({ at, payload, hash, position, previous, seq, stream }: Row): string =>
  `{"at":${at},"event":${payload},"hash":"${hash}","position":${position},"previous":"${previous}","seq":${seq},"stream":"${stream}"}`

const NUMBER = "(0|[1-9][0-9]{0,15})"
const ROW = new RegExp(
  `^\\{"at":${NUMBER},"event":(.*),"hash":"([0-9a-f]{64})","position":${NUMBER},"previous":"([0-9a-f]{64})","seq":${NUMBER},"stream":"([a-z0-9/._-]{1,128})"\\}$`,
  "u"
)
const isStream = Schema.is(StreamId)

/** Reads a row's line; `None` when `rowLine` would not have written it so. Whether its payload is an event is not asked. */
export const parseRow = (line: string): Option.Option<Row> => {
  const [, at, payload, hash, position, previous, seq, name = ""] = ROW.exec(line) ?? []
  const stream = detached(name)
  if (payload === undefined || hash === undefined || !isStream(stream)) return Option.none()
  const row = {
    stream,
    seq: Number(seq),
    position: Number(position),
    at: Number(at) as Timestamp,
    payload,
    previous: previous as Digest,
    hash: detached(hash) as Digest
  }
  return Number.isSafeInteger(row.seq) && Number.isSafeInteger(row.position) && Number.isSafeInteger(row.at)
    ? Option.some(row)
    : Option.none()
}

/**
 * The same text in memory of its own. A part of a text keeps the whole of it alive, and heads are kept: without this, an
 * export would stay in memory as far as it was read.
 */
const detached = (text: string): string => ` ${text}`.slice(1)

/** The last line: what the lines before it amount to, signed. */
export const Footer = Schema.Struct({
  at: Timestamp,
  /** Of all bytes before the footer. */
  digest: Digest,
  format: Schema.Literal("io3/export/v1"),
  /** That of the last row; 0 without rows. */
  position: Count,
  /** The head there. */
  root: Digest,
  rows: Count,
  streams: Count,
  ...signed
})
export type Footer = typeof Footer.Type

export const footerLine = (footer: Footer): string => canonical(footer)

export const parseFooter = (line: string): Option.Option<Footer> => fromCanonical(Footer, line)
