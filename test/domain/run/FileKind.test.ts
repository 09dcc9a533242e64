/** Gives the law of file kinds texts of every sort, the beginnings of everything that is none, and bytes at random. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { FileKind, sort } from "../../../src/domain/run/FileKind.ts"
import { reveal } from "../../../src/domain/Content.ts"

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const utf8 = (text: string) => new TextEncoder().encode(text)
const MARK = utf8("\ufeff")

/** What a text is read as, a kind, or null. */
const sorted = (bytes: Uint8Array): { readonly text: string } | FileKind | null => {
  const found = sort(bytes)
  if (found._tag === "Text") return { text: reveal(found.content) }
  return found._tag === "Refused" ? found.kind : null
}

/** A local header of a zip archive, and the name that follows it. */
const zipOf = (...names: ReadonlyArray<string>) =>
  names.map((name) => `PK\x03\x04\x14\0\x08\0\x08\0${"\0".repeat(16)}${name}\x01\x02`).join("")
const tar = (magic: string) => `notes.txt${"\0".repeat(248)}${magic}${"\0".repeat(80)}text`

/** How files of each kind begin; what follows may be anything. */
const beginnings: Readonly<Record<FileKind, ReadonlyArray<string>>> = {
  pdf: ["%PDF-1.7\r\n", "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "%PDF-2.0\r", "%PDF-1.7 %\xff\0"],
  word_document: [zipOf("[Content_Types].xml", "_rels/.rels", "word/document.xml")],
  spreadsheet: [zipOf("[Content_Types].xml", "xl/workbook.xml"), zipOf("xl/workbook.bin")],
  presentation: [zipOf("[Content_Types].xml", "ppt/presentation.xml")],
  opendocument: [zipOf("mimetypeapplication/vnd.oasis.opendocument.text")],
  old_office_document: ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
  archive: [
    zipOf("notes.txt"),
    "PK\x05\x06",
    "\x1f\x8b\x08",
    "7z\xbc\xaf\x27\x1c",
    "Rar!\x1a\x07\0",
    "Rar!\x1a\x07\x01\0",
    "\x28\xb5\x2f\xfd",
    "\xfd7zXZ\0",
    "BZh91AY&SY\xff\0",
    tar("ustar\0"),
    tar("ustar  \0"),
    "!<arch>\ndebian-binary \xff\0"
  ],
  image: [
    "\x89PNG\r\n\x1a\n",
    "\xff\xd8\xff\xe0",
    "GIF89a\x01\0",
    "BM\x36\x10\0\0\0\0\0\0",
    "II*\0",
    "MM\0*",
    "RIFF\x24\0\0\0WEBP",
    "\0\0\0\x20ftypavif",
    "\0\0\x01\0"
  ],
  audio: [
    "ID3\x04\0",
    "\xff\xfb\x90",
    "OggS\0",
    "fLaC\0",
    "RIFF\x24\0\0\0WAVE",
    "\0\0\0\x20ftypM4A ",
    "MThd\0\0"
  ],
  video: ["\x1a\x45\xdf\xa3", "\0\0\0\x20ftypisom", "RIFF\x24\0\0\0AVI ", "FLV\x01"],
  executable: [
    "\x7fELF\x02",
    "MZ\x90\0",
    "\xfe\xed\xfa\xcf",
    "\xcf\xfa\xed\xfe",
    "\xca\xfe\xba\xbe",
    "\0asm\x01\0\0\0"
  ],
  sqlite: ["SQLite format 3\0"],
  utf16_text: ["\xff\xfeh\0i\0", "\xfe\xff\0h\0i"],
  utf32_text: ["\xff\xfe\0\0h\0\0\0", "\0\0\xfe\xff\0\0\0h"]
}

/** Text as it is written: without NUL, and without the mark of byte order that is dropped. */
const written = fc.string({ unit: "grapheme" }).map((text) =>
  text
    .toWellFormed()
    .replaceAll("\0", "")
    .replace(/^\ufeff+/u, "")
)
const lines = fc.array(fc.oneof(written, fc.lorem()), { maxLength: 8 }).map((all) => all.join("\r\n"))

describe("FileKind", () => {
  it("reads text as it is", () => {
    fc.assert(
      fc.property(lines, (text) => {
        assert.deepStrictEqual(sorted(utf8(text)), { text })
        assert.deepStrictEqual(sorted(utf8(`\ufeff${text}`)), { text }, "without a mark of byte order")
      })
    )
  })

  it("refuses whatever begins as something else, by what it is", () => {
    for (const kind of FileKind.literals) {
      fc.assert(
        fc.property(
          fc.constantFrom(...beginnings[kind]),
          fc.oneof(fc.uint8Array({ maxLength: 300 }), lines.map(utf8)),
          (begin, rest) => {
            assert.strictEqual(sorted(Uint8Array.from([...bytesOf(begin), ...rest])), kind)
          }
        ),
        { numRuns: 40 }
      )
    }
  })

  it("is text, a kind or neither, of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const found = sorted(bytes)
        if (found === null || typeof found === "string") return
        const again = utf8(found.text)
        assert.deepStrictEqual(bytes.subarray(bytes.length - again.length), again)
        assert.include([0, MARK.length], bytes.length - again.length)
      })
    )
  })

  it("is not misled by prose about a format", () => {
    for (const text of [
      "%PDF-1.7 is how such a file begins.\n",
      "%PDF\n",
      "MZ is the mark of an executable\n",
      "GIF89a, GIF87a and BMP are old.\n",
      "BMW\n",
      "ID3 tags\n",
      "OggS\n",
      "RIFF xxxxWAVE\n",
      "BZh91AY&SY\n",
      "xxxxftyp\n",
      "!<arch>\n",
      `${"x".repeat(257)}ustar  \n`,
      "<svg xmlns='http://www.w3.org/2000/svg'/>",
      "{\\rtf1 }",
      "PK",
      "\u001b[31mred\u001b[0m\tand\fmore\b\n",
      ""
    ]) {
      assert.deepStrictEqual(sorted(utf8(text)), { text })
    }
  })

  it("is no text with a NUL, half a character, or nothing but controls", () => {
    for (const bytes of [
      "nul\0nul",
      "\xc3",
      "\xc3a\xff",
      "\xed\xa0\x80",
      "\x01\x02\x03\x04text",
      "\x05",
      "BMW f\xfcr alle",
      "MZ \xfcber"
    ]) {
      assert.isNull(sorted(bytesOf(bytes)), JSON.stringify(bytes))
    }
    assert.deepStrictEqual(sorted(utf8("a form\u0001 of old\u0002")), { text: "a form\u0001 of old\u0002" })
  })
})
