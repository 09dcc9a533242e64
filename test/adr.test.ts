import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "..")
const text = (path: string) => readFileSync(join(root, path), "utf8")

const SECTIONS = ["Context", "Options", "Decision", "Consequences"]
const SURFACES = [
  "idempotency",
  "routing",
  "engine",
  "audit gate",
  "release",
  "persistence",
  "provider selection",
  "models elsewhere",
  "configuration",
  "command line",
  "integrity checks",
  "projections",
  "observability",
  "recovery",
  "budgets",
  "erasure",
  "proofs",
  "receipts",
  "sessions",
  "steward",
  "session snapshots",
  "lineage",
  "capabilities",
  "memory",
  "runbooks",
  "identity",
  "resume and replay",
  "webhooks",
  "page and login",
  "page",
  "rings",
  "content",
  "platform"
]

const FRONT_MATTER =
  /^---\nstatus: (?:proposed|accepted|superseded by \d{4})\ndate: \d{4}-\d{2}-\d{2}\n---\n\n# (\d{4}): \S/
const CONFIRMATION = /^Confirmation: (test\/\S+\.ts) "([^"\n]+)"$/gm

/** What is wrong with one record. */
const faults = (file: string, source: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  if (FRONT_MATTER.exec(source)?.[1] !== file.slice(0, 4)) found.push("front matter or title")
  const sections = [...source.matchAll(/^## (.+)$/gm)].map(([, title]) => title)
  if (sections.join() !== SECTIONS.join()) found.push("sections")
  const confirmations = [...source.matchAll(CONFIRMATION)]
  if (confirmations.length === 0) found.push("no confirmation")
  for (const [, path = "", title = ""] of confirmations) {
    if (!existsSync(join(root, path))) found.push(`no file ${path}`)
    else if (!text(path).includes(`"${title}"`)) found.push(`no test "${title}"`)
  }
  return found
}

/** The relative links of a page that lead nowhere. */
const deadLinks = (page: string, source: string): ReadonlyArray<string> =>
  [...source.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !existsSync(join(root, dirname(page), link)))

const records = readdirSync(join(root, "adr"))
  .filter((file) => file !== "README.md")
  .toSorted()

describe("decision records", () => {
  it("are numbered from one without gaps", () => {
    assert.deepStrictEqual(
      records.map((file) => file.slice(0, 5)),
      records.map((_, index) => `${String(index + 1).padStart(4, "0")}-`)
    )
    for (const file of records) assert.match(file, /^\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md$/)
  })

  it("have their form, and a test that confirms them", () => {
    assert.isNotEmpty(records)
    for (const file of records) assert.deepStrictEqual(faults(file, text(`adr/${file}`)), [], file)
  })

  it("would be caught without form, file or test", () => {
    const sections = SECTIONS.map((title) => `## ${title}\n\nText.\n`).join("\n")
    const record = (confirmation: string) =>
      `---\nstatus: accepted\ndate: 2026-11-23\n---\n\n# 0001: A decision\n\n${sections}\n${confirmation}\n`
    const good = record('Confirmation: test/adr.test.ts "are numbered from one without gaps"')
    assert.deepStrictEqual(faults("0001-a.md", good), [])
    assert.deepStrictEqual(faults("0002-a.md", good), ["front matter or title"])
    assert.deepStrictEqual(faults("0001-a.md", good.replace("accepted", "maybe")), ["front matter or title"])
    assert.deepStrictEqual(faults("0001-a.md", good.replace("## Options", "## Thoughts")), ["sections"])
    assert.deepStrictEqual(faults("0001-a.md", record("")), ["no confirmation"])
    const [gone, lost] = ["test/gone.test.ts", ["no", "such", "test"].join(" ")]
    assert.deepStrictEqual(faults("0001-a.md", record(`Confirmation: ${gone} "a"`)), [`no file ${gone}`])
    assert.deepStrictEqual(faults("0001-a.md", record(`Confirmation: test/adr.test.ts "${lost}"`)), [
      `no test "${lost}"`
    ])
    assert.deepStrictEqual(deadLinks("adr/README.md", "[a](gone.md) [b](README.md) [c](https://x.example)"), [
      "gone.md"
    ])
  })

  it("govern every surface, each by a record that exists", () => {
    const rows = new Map(
      [...text("adr/README.md").matchAll(/^\| ([a-z ]+?) +\| \[(\d{4})\]\((\S+)\) +\|$/gm)].map(
        ([, surface = "", number = "", file = ""]) => [surface, { number, file }]
      )
    )
    assert.sameMembers([...rows.keys()], SURFACES)
    for (const [surface, { number, file }] of rows) {
      assert.include(records, file, surface)
      assert.isTrue(file.startsWith(number), surface)
    }
  })
})

describe("documentation", () => {
  const pages = ["README.md", "CONTRIBUTING.md"].concat(
    ["adr", "docs"].flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((file) => file.endsWith(".md"))
        .map((file) => `${folder}/${file}`)
    )
  )

  it("links only to what is there", () => {
    for (const page of pages) assert.deepStrictEqual(deadLinks(page, text(page)), [], page)
  })

  it("names only tests that are there", () => {
    for (const page of pages) {
      for (const [path] of text(page).matchAll(/\btest\/[\w./-]+\.ts\b/g)) {
        assert.isTrue(existsSync(join(root, path)), `${page}: ${path}`)
      }
    }
  })

  it("gives the two commands that are run before a change is taken", () => {
    const commands = text(".ci/run")
      .split("\n")
      .filter((line) => line.startsWith("npm "))
    assert.strictEqual(commands.length, 2)
    const fenced = [...text("README.md").matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```$/gm)].map(
      ([, block]) => block
    )
    for (const command of commands) {
      assert.isTrue(
        fenced.some((block) => block?.split("\n").includes(command)),
        command
      )
    }
  })
})
