/**
 * Owns the reading of the page's files: once, when the server begins, all of them, so that what was built anew meanwhile is not
 * sent half. A file of another kind than a page is made of is not read.
 */
import { Effect, Layer } from "effect"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { extname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { Page, type PageFile } from "../../ports/Page.ts"

/** In a release beside the program; beside the sources, where `npm run build` has put it. */
const home = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../../../dist/page/" : "./page/", import.meta.url)
)

const kinds: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2"
}

const INDEX = "index.html"
const NAME = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/u

/** Empty where there is no page. */
export const filesIn = (folder: string): ReadonlyMap<string, PageFile> => {
  const names = new Set(namesIn(folder))
  if (!names.has(INDEX)) return new Map()
  const read = (name: string) => readFileSync(join(folder, name))
  const compressed = (name: string) => (names.has(name) ? read(name) : null)
  return new Map(
    [...names].flatMap((name) => {
      const contentType = kinds[extname(name)]
      if (contentType === undefined || !NAME.test(name)) return []
      const plain = read(name)
      const file = {
        contentType,
        digest: createHash("sha256").update(plain).digest("base64url").slice(0, 22),
        isLasting: name.startsWith("assets/"),
        plain,
        gzip: compressed(`${name}.gz`),
        br: compressed(`${name}.br`)
      }
      return [[name === INDEX ? "/" : `/${name}`, file] as const]
    })
  )
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll(sep, "/"))
  } catch {
    return []
  }
}

/** A page that cannot be read is none: what else the server does goes on without it. */
export const layer = Layer.effect(
  Page,
  Effect.sync(() => {
    try {
      return { files: filesIn(home) }
    } catch {
      return { files: new Map<string, PageFile>() }
    }
  })
)
