import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const MARK = /@ts-expect-error TS(\d+):/

/** What the compiler says of the marked lines once the marks are gone: `file:line` of each mark to the codes below it. */
const diagnose = (marked: ReadonlyMap<string, string>): ReadonlyMap<string, ReadonlyArray<string>> => {
  // Beside the originals, so that their imports resolve.
  const directory = mkdtempSync(join(root, "test", ".types-"))
  try {
    for (const [file, source] of marked) {
      writeFileSync(join(directory, file), source.replaceAll("@ts-expect-error", "expected"))
    }
    const options = { extends: "../../tsconfig.json", include: ["*.ts"] }
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(options))
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", directory, "--pretty", "false"], {
      cwd: directory,
      encoding: "utf8",
      timeout: 60_000
    })
    const found = new Map<string, Array<string>>()
    for (const [, file, line, code] of stdout.matchAll(/^(\w+\.ts)\((\d+),\d+\): error TS(\d+)/gm)) {
      const mark = `${file}:${Number(line) - 1}`
      found.set(mark, [...(found.get(mark) ?? []), code ?? ""])
    }
    return found
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe("what must not compile", () => {
  it("fails for the reason that is given, and nothing else fails", { timeout: 60_000 }, () => {
    const folder = join(root, "test", "types")
    const sources = new Map(
      readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")])
    )
    const expected = new Map(
      [...sources].flatMap(([file, source]) =>
        source.split("\n").flatMap((line, index) => {
          const code = MARK.exec(line)?.[1]
          return code === undefined ? [] : [[`${file}:${index + 1}`, [code]] as const]
        })
      )
    )
    assert.isAtLeast(expected.size, 70)
    assert.deepStrictEqual(Object.fromEntries(diagnose(sources)), Object.fromEntries(expected))
  })
})
