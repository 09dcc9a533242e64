/**
 * Owns what the bytes of a file are, whatever the file is called: text that can be read, or a kind that is refused by its
 * name. It opens no container and reads no format: parsers of documents are neither light nor bounded.
 */
import { Schema } from "effect"
import { Content } from "../Content.ts"

/** What is known of bytes that are no text. */
export const FileKind = Schema.Literals([
  "pdf",
  "word_document",
  "spreadsheet",
  "presentation",
  "opendocument",
  "old_office_document",
  "archive",
  "image",
  "audio",
  "video",
  "executable",
  "sqlite",
  "utf16_text",
  "utf32_text"
])
export type FileKind = typeof FileKind.Type

/** `Binary`: no text, and nothing more is known of it. */
export type Sorted =
  | { readonly _tag: "Text"; readonly content: Content }
  | { readonly _tag: "Refused"; readonly kind: FileKind }
  | { readonly _tag: "Binary" }

/** A kind, and the bytes it begins with: `at` a place when that is not the first. */
interface Signature {
  readonly kind: FileKind
  readonly bytes: string
  readonly at?: number
  /** What has to stand a little further on, where the first bytes alone are many things. */
  readonly later?: { readonly bytes: string; readonly at: number }
}

/**
 * No text begins with these: each has a byte that text has not. A character here is a byte. UTF-32 in little endian begins
 * as UTF-16 does, and stands before it.
 */
const CERTAIN: ReadonlyArray<Signature> = [
  { kind: "utf32_text", bytes: "\xff\xfe\0\0" },
  { kind: "utf32_text", bytes: "\0\0\xfe\xff" },
  { kind: "utf16_text", bytes: "\xff\xfe" },
  { kind: "utf16_text", bytes: "\xfe\xff" },
  { kind: "sqlite", bytes: "SQLite format 3\0" },
  { kind: "old_office_document", bytes: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" },
  { kind: "archive", bytes: "PK\x05\x06" },
  { kind: "archive", bytes: "PK\x07\x08" },
  { kind: "archive", bytes: "\x1f\x8b" },
  { kind: "archive", bytes: "\x1f\x9d" },
  { kind: "archive", bytes: "7z\xbc\xaf\x27\x1c" },
  { kind: "archive", bytes: "Rar!\x1a\x07" },
  { kind: "archive", bytes: "\x28\xb5\x2f\xfd" },
  { kind: "archive", bytes: "\xfd7zXZ\0" },
  { kind: "archive", bytes: "\x04\x22\x4d\x18" },
  { kind: "archive", bytes: "ustar\0", at: 257 },
  { kind: "image", bytes: "\x89PNG\r\n\x1a\n" },
  { kind: "image", bytes: "\xff\xd8\xff" },
  { kind: "image", bytes: "II*\0" },
  { kind: "image", bytes: "MM\0*" },
  { kind: "image", bytes: "\0\0\x01\0" },
  { kind: "image", bytes: "\xff\x0a" },
  { kind: "image", bytes: "BM", later: { bytes: "\0\0\0\0", at: 6 } },
  { kind: "audio", bytes: "\xff\xfb" },
  { kind: "audio", bytes: "\xff\xf3" },
  { kind: "audio", bytes: "\xff\xf1" },
  { kind: "audio", bytes: "MThd\0\0" },
  { kind: "video", bytes: "\x1a\x45\xdf\xa3" },
  { kind: "video", bytes: "\0\0\x01\xba" },
  { kind: "video", bytes: "FLV\x01" },
  { kind: "executable", bytes: "\x7fELF" },
  { kind: "executable", bytes: "MZ", later: { bytes: "\0", at: 3 } },
  { kind: "executable", bytes: "\0asm" },
  { kind: "executable", bytes: "\xfe\xed\xfa\xce" },
  { kind: "executable", bytes: "\xfe\xed\xfa\xcf" },
  { kind: "executable", bytes: "\xce\xfa\xed\xfe" },
  { kind: "executable", bytes: "\xcf\xfa\xed\xfe" },
  { kind: "executable", bytes: "\xca\xfe\xba\xbe" }
]

/** A text may begin with these as well, in prose about them, and is one when it is text to its end. */
const PERHAPS: ReadonlyArray<Signature> = [
  { kind: "archive", bytes: "BZh" },
  { kind: "archive", bytes: "!<arch>\n" },
  { kind: "archive", bytes: "ustar ", at: 257 },
  { kind: "image", bytes: "GIF87a" },
  { kind: "image", bytes: "GIF89a" },
  { kind: "image", bytes: "8BPS" },
  { kind: "image", bytes: "RIFF", later: { bytes: "WEBP", at: 8 } },
  { kind: "image", bytes: "ftypavif", at: 4 },
  { kind: "image", bytes: "ftyphei", at: 4 },
  { kind: "audio", bytes: "ftypM4A", at: 4 },
  { kind: "audio", bytes: "RIFF", later: { bytes: "WAVE", at: 8 } },
  { kind: "audio", bytes: "ID3" },
  { kind: "audio", bytes: "OggS" },
  { kind: "audio", bytes: "fLaC" },
  { kind: "video", bytes: "RIFF", later: { bytes: "AVI ", at: 8 } },
  { kind: "video", bytes: "ftyp", at: 4 },
  { kind: "pdf", bytes: "%PDF-" }
]

/** The first bytes of a PDF, and the end of that line: a sentence about them goes on. */
const PDF_HEADER = /^%PDF-[12]\.\d[\r\n]/u

const ZIP = "PK\x03\x04"
/** What a zip archive is, by the name of a file that every archive of the kind has in it, or by what it says first. */
const IN_ZIP: ReadonlyArray<readonly [FileKind, string]> = [
  ["opendocument", "mimetypeapplication/vnd.oasis.opendocument"],
  ["word_document", "word/document.xml"],
  ["spreadsheet", "xl/workbook."],
  ["presentation", "ppt/presentation.xml"]
]

/** Sorts the bytes of a whole file, or of its beginning where that is all there is. */
export const sort = (bytes: Uint8Array): Sorted => {
  const certain = certainKind(bytes)
  if (certain) return { _tag: "Refused", kind: certain }
  const content = textOf(bytes)
  if (content) return { _tag: "Text", content }
  const kind = PERHAPS.find((signature) => begins(bytes, signature))?.kind
  return kind ? { _tag: "Refused", kind } : { _tag: "Binary" }
}

const certainKind = (bytes: Uint8Array): FileKind | null => {
  if (isAt(bytes, ZIP, 0)) return IN_ZIP.find(([, name]) => holds(bytes, name))?.[0] ?? "archive"
  if (PDF_HEADER.test(String.fromCharCode(...bytes.subarray(0, 9)))) return "pdf"
  return CERTAIN.find((signature) => begins(bytes, signature))?.kind ?? null
}

const begins = (bytes: Uint8Array, { bytes: wanted, at = 0, later }: Signature): boolean =>
  isAt(bytes, wanted, at) && (later === undefined || isAt(bytes, later.bytes, later.at))

const isAt = (bytes: Uint8Array, wanted: string, at: number): boolean => {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted.charCodeAt(i)) return false
  return true
}

const holds = (bytes: Uint8Array, wanted: string): boolean => {
  const first = wanted.charCodeAt(0)
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (isAt(bytes, wanted, at)) return true
  }
  return false
}

/** UTF-8 without NUL, less than half of it control characters; null when it is none. A mark of byte order is dropped. */
const textOf = (bytes: Uint8Array): Content | null => {
  if (bytes.includes(0)) return null
  let controls = 0
  for (const byte of bytes) if (isControl(byte)) controls++
  if (controls > 0 && controls * 2 >= bytes.length) return null
  try {
    return Content.of(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    return null
  }
}

/** Of ASCII, but for tab, line breaks, form feed, backspace and escape, which printouts are full of. */
const isControl = (byte: number): boolean =>
  byte === 0x7f || (byte < 0x20 && byte !== 0x1b && !(byte >= 0x08 && byte <= 0x0d))
