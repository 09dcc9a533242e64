/** Looks at what a browser is sent: how much, and that none of it is asked for elsewhere. */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { gzipSync } from "node:zlib"
import { program } from "../support/io3.ts"

const page = join(dirname(program), "page")
const files = (ending: RegExp) =>
  readdirSync(join(page, "assets"))
    .filter((file) => ending.test(file))
    .map((file) => ({ file, text: readFileSync(join(page, "assets", file), "utf8") }))

/** Of all scripts, those too that are loaded only when they are needed. */
const BUDGET = 120_000

describe("what a browser is sent", () => {
  it("is no more script than was agreed on, with all that comes later", () => {
    const sizes = files(/\.js$/u).map(({ text }) => gzipSync(text).length)
    assert.isAbove(sizes.length, 1)
    assert.isAtMost(
      sizes.reduce((sum, size) => sum + size, 0),
      BUDGET
    )
  })

  it("makes no markup from text, and no script", () => {
    const scripts = files(/\.js$/u).map(({ text }) => text)
    for (const way of ["insertAdjacentHTML", "document.write", "new Function", "eval("]) {
      assert.isFalse(
        scripts.some((text) => text.includes(way)),
        way
      )
    }
  })

  it("has its styles and scripts in files, and nothing from elsewhere", () => {
    const html = readFileSync(join(page, "index.html"), "utf8")
    assert.notMatch(html, /<script(?![^>]*\bsrc=")|<style|\son\w+=|style="/u)
    for (const [, place = ""] of html.matchAll(/(?:src|href)="([^"]+)"/gu)) assert.match(place, /^\.\//u)
    for (const { file, text } of files(/\.css$/u)) {
      assert.notMatch(text, /@import|url\((?!["']?(?:data:|\.\/|#))/u, file)
    }
  })
})
