/** Has a model say, piece by piece, what wants to be a script, and what wants the page to stand still. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { build } from "esbuild"
import type { Page } from "playwright-core"
import { browser, program, shows, visit } from "../support/browser.ts"
import { chances } from "../support/campaign.ts"
import { chatting, hands } from "../support/chatting.ts"
import { hostileTexts } from "../support/hostileTexts.ts"
import { slowly } from "../support/io3.ts"

/** All that Markdown may become, and what may be said of each. */
const TAGS = new Set(
  "div,p,h3,h4,h5,h6,ul,ol,li,blockquote,pre,code,table,thead,tbody,tr,th,td,strong,em,del,a,br,hr,span,input,button,svg,path,figure,figcaption,bdi".split(
    ","
  )
)
const ATTRIBUTES =
  /^(?:class|dir|href|title|target|rel|type|disabled|checked|aria-[a-z]+|role|tabindex|scope|start|lang|data-language|width|height|viewBox|fill|stroke|stroke-[a-z]+|focusable|d)$/u

/** Runs in the page: what stands in the answers and is none of that. */
const STRANGERS = `(root) => {
  const tags = new Set(TAGS), attributes = new RegExp(ATTRIBUTES, "u"), found = new Set()
  for (const node of root.querySelectorAll("*")) {
    if (!tags.has(node.localName)) found.add(node.localName)
    for (const name of node.getAttributeNames()) if (!attributes.test(name)) found.add(name)
    if (node.localName === "a" && !["http:", "https:", "mailto:"].includes(node.protocol)) found.add(node.protocol)
  }
  if (globalThis.ran !== undefined) found.add("it ran")
  return [...found]
}`
  .replace("TAGS", JSON.stringify([...TAGS]))
  .replace("ATTRIBUTES", JSON.stringify(ATTRIBUTES.source))
const strangers = (page: Page) =>
  Effect.promise(() =>
    page.evaluate<ReadonlyArray<string>>(`[...document.querySelectorAll(".markdown")].flatMap(${STRANGERS})`)
  )

/** The part of the page that shows Markdown, by itself: `shown(text)` renders it and says what is strange. */
const alone = Effect.promise(async () => {
  const entry = `
    import { h, render } from "preact"
    import { Markdown } from "../../src/web/ui/Markdown.tsx"
    const strangers = ${STRANGERS}
    const host = document.body.appendChild(document.createElement("div"))
    globalThis.shown = (text, isWhole) => {
      render(null, host)
      render(h(Markdown, { text, isWhole }), host)
      return strangers(host)
    }`
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    write: false,
    format: "iife",
    jsx: "automatic",
    jsxImportSource: "preact"
  })
  return outputFiles[0]?.text ?? ""
})

/** A text in pieces of one to forty characters. */
const piecesOf = (text: string): ReadonlyArray<string> => {
  const chance = chances("hostile texts in pieces")
  const pieces: Array<string> = []
  for (let at = 0; at < text.length;) {
    const length = 1 + Math.floor(chance(pieces.length) * 40)
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}

describe.skipIf(program === undefined)("what a model says", { timeout: 2 * slowly.timeout }, () => {
  it.live("runs nothing, asks nobody and is nothing but text, as far as it has come and as a whole", () =>
    Effect.gen(function* () {
      assert.isAtLeast(hostileTexts.length, 1000)
      const { url, speaking } = yield* chatting()
      const asked: Array<string> = []
      const page = yield* visit(yield* browser, url, {
        prepare: async (page) => {
          page.on("request", (request) => asked.push(new URL(request.url()).pathname))
          page.on("dialog", (dialog) => {
            asked.push("dialog")
            void dialog.dismiss()
          })
        }
      })
      const one = hands(page)
      const quarter = Math.ceil(hostileTexts.length / 4)
      for (let begin = 0; begin < hostileTexts.length; begin += quarter) {
        const texts = hostileTexts.slice(begin, begin + quarter)
        yield* one.ask(`slowly ${texts[0]} ${texts[1]} ${texts[2]}`)
        const model = yield* speaking
        for (const piece of piecesOf(texts.join("\n\n"))) model.say(piece)
        model.say(`\n\nThat was it, ${begin}.`)
        yield* one.sees(`That was it, ${begin}.`)
        model.end()
        yield* one.over
        assert.deepStrictEqual(yield* strangers(page), [])
      }
      // Its own origin is asked for what the page needs, and not for what a text names.
      assert.deepStrictEqual(
        asked.filter(
          (path) => !/^\/(?:$|assets\/|favicon|session|run|whoami|route|memory|steward|doctor)/u.test(path)
        ),
        []
      )
    })
  )

  it.live("is shown by itself as what it is, whole and after every character of it", () =>
    Effect.gen(function* () {
      const { url } = yield* chatting()
      const page = yield* visit(yield* browser, url)
      const script = yield* alone
      const found = yield* Effect.promise(async () => {
        await page.evaluate(script)
        return page.evaluate<ReadonlyArray<readonly [string, unknown]>>(`(async () => {
          const found = []
          let count = 0
          for (const text of ${JSON.stringify(hostileTexts)}) {
            for (let end = 1; end <= text.length; end++) {
              const strange = shown(text.slice(0, end), end === text.length)
              if (strange.length > 0) found.push([text.slice(0, end), strange])
              if (++count % 2000 === 0) await new Promise((done) => setTimeout(done))
            }
          }
          return found
        })()`)
      })
      assert.deepStrictEqual(found, [])
      // What would be strange is found.
      assert.includeMembers(
        yield* Effect.promise(() =>
          page.evaluate<Array<string>>(`(() => {
            const host = document.body.appendChild(document.createElement("div"))
            for (const [tag, name] of [["img", "alt"], ["a", "href"]]) {
              host.appendChild(document.createElement(tag)).setAttribute(name, "javascript:1")
            }
            return (${STRANGERS})(host)
          })()`)
        ),
        ["img", "alt", "javascript:"]
      )
    })
  )

  it.live("does not keep the page from being used, however deep or long it is", () =>
    Effect.gen(function* () {
      const bombs = [
        "> ".repeat(2000) + "deep",
        "- ".repeat(1500) + "deep",
        "[".repeat(10_000),
        "![](".repeat(5000),
        "*a_".repeat(5000),
        "`".repeat(20_000) + "x",
        `|${" a |".repeat(500)}\n|${" - |".repeat(500)}\n${`|${" b |".repeat(500)}\n`.repeat(20)}`,
        "<div>".repeat(3000),
        "&#x41;".repeat(20_000),
        `${"\u202e\u2066".repeat(5000)}a`,
        "\u0300".repeat(20_000),
        `${"a".repeat(100_000)} the end of it`
      ]
      let next = 0
      const { url } = yield* chatting("", () => bombs[next] ?? "")
      const page = yield* visit(yield* browser, url)
      const one = hands(page)
      for (next = 0; next < bombs.length; next++) {
        yield* one.ask(`Number ${next}`)
        yield* one.over
        const box = page.getByRole("textbox").last()
        yield* Effect.promise(() => box.fill(`typed after ${next}`))
        yield* shows(
          () => box.inputValue(),
          (value) => value === `typed after ${next}`
        )
        yield* Effect.promise(() => box.fill(""))
      }
      yield* one.sees("the end of it")
    })
  )
})
