/** Lines become messages: continued, between marks, pasted; and what begins with a slash is told from a message. */
import { assert, describe, it } from "@effect/vitest"
import { choose, read } from "../../src/cli/chat/ChatCommands.ts"
import { blank, cut, type Draft, grow } from "../../src/cli/chat/Message.ts"
import { Content, reveal } from "../../src/domain/Content.ts"

type Piece = string | { readonly block: string }

/** The messages that come of lines, those that are marked as text with a star, and what was never ended. */
const messages = (...pieces: ReadonlyArray<Piece>): ReadonlyArray<string> => {
  const found: Array<string> = []
  let draft: Draft = blank
  for (const piece of pieces) {
    const grown = grow(
      draft,
      typeof piece === "string"
        ? { _tag: "Line", content: Content.of(piece) }
        : { _tag: "Block", content: Content.of(piece.block) }
    )
    draft = grown._tag === "More" ? grown.draft : blank
    if (grown._tag === "Message") found.push(`${grown.isLiteral ? "*" : ""}${reveal(grown.content)}`)
  }
  return draft === blank ? found : [...found, `…${reveal(cut(draft))}`]
}

describe("a message", () => {
  it("is a line, or several", () => {
    assert.deepStrictEqual(messages("one", "", "two"), ["one", "", "two"])
    assert.deepStrictEqual(messages("one\\", "two \\", "three", "four"), ["*one\ntwo \nthree", "four"])
    assert.deepStrictEqual(messages('"""', "one", "", "two\\", '"""', "three"), ["*one\n\ntwo\\", "three"])
    assert.deepStrictEqual(messages('"""one', 'two"""', 'a "quoted" word'), ["*one\ntwo", 'a "quoted" word'])
    assert.deepStrictEqual(messages('"""one"""', '""""""', '"""', '"""'), ["*one", "*", "*"])
    assert.deepStrictEqual(messages({ block: "one\n\\" }, "first\\", { block: "two\nthree" }), [
      "*one\n\\",
      "*first\ntwo\nthree"
    ])
    assert.deepStrictEqual(messages('"""', { block: "one\ntwo" }, '"""', { block: '"""\none\n"""' }), [
      "*one\ntwo",
      "*\none\n"
    ])
    assert.deepStrictEqual(messages("one\\", "two\\"), ["…one\ntwo"])
    assert.deepStrictEqual(messages('"""', "one"), ["…one"])
  })

  it("is told from a command, and keeps its text", () => {
    const typed = (text: string, isLiteral = false) => {
      const found = read(Content.of(text), isLiteral)
      switch (found._tag) {
        case "Message":
          return reveal(found.content)
        case "Command":
          return [found.name, reveal(found.argument)]
        case "Unknown":
          return { meant: found.meant }
      }
    }
    assert.strictEqual(typed("what is / for?"), "what is / for?")
    assert.strictEqual(typed(" /quit"), " /quit")
    assert.strictEqual(typed("//quit"), "/quit")
    assert.strictEqual(typed("/quit", true), "/quit")
    assert.deepStrictEqual(typed("/QUIT"), ["quit", ""])
    assert.deepStrictEqual(typed("/title  A name, \u{1f600} "), ["title", "A name, \u{1f600}"])
    assert.deepStrictEqual(typed("/titel x"), { meant: "title" })
    assert.deepStrictEqual(typed("/exit"), { meant: "quit" })
    assert.deepStrictEqual(typed("/hist"), { meant: "history" })
    assert.deepStrictEqual(typed("/usr/bin/env"), { meant: null })
    assert.deepStrictEqual(typed("/"), { meant: null })
    assert.deepStrictEqual(typed("/nothing"), { meant: null })
    assert.strictEqual(choose(Content.of("ON"), ["on", "off"]), "on")
    assert.isNull(choose(Content.of("onn"), ["on", "off"]))
  })
})
