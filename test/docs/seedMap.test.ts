import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { home, program, shell } from "../support/io3.ts"

const root = join(import.meta.dirname, "..", "..")
const page = readFileSync(join(root, "docs", "seed-map.md"), "utf8")

interface Row {
  readonly feature: string
  readonly commands: ReadonlyArray<{ readonly line: string; readonly exit: number }>
  readonly guards: ReadonlyArray<string>
}

const rows: ReadonlyArray<Row> = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| feature") && !line.startsWith("| ---"))
  .map((line) => {
    const [feature = "", command = "", guard = ""] = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
    return {
      feature,
      commands: [...command.matchAll(/`([^`]+)`(?: \(exit (\d)\))?/g)].map(([, line = "", exit = "0"]) => ({
        line: line.replaceAll("\\|", "|"),
        exit: Number(exit)
      })),
      guards: [...guard.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path)
    }
  })

/** Where the newest of each kind stands in what lists it, for the commands that name one. */
const NEWEST: Readonly<Record<string, readonly [list: string, place: string]>> = {
  RUN: ["runs list --standing released", ".runs[0].run"],
  SESSION: ["session list", '.sessions.find((s)=>s.status!=="closed").session_id'],
  RUNBOOK: ["runbook list", ".runbooks[0].run_id"],
  HELD: ["steward list", ".pending[0].run_id"],
  DIGEST: ["steward list", ".pending[0].digest"]
}
const FIELD = `field() { "$NODE" -e 'let s="";process.stdin.on("data",d=>s+=d).on("end",()=>console.log(eval("JSON.parse(s)"+process.argv[1])))' "$1"; }
`
const namedIn = (line: string): string =>
  Object.entries(NEWEST)
    .filter(([name]) => line.includes(`$${name}`) && !(name === "RUN" && !/\$RUN\b/.test(line)))
    .map(([name, [list, place]]) => `export ${name}=$(io3 ${list} -o json | field '${place}')\n`)
    .join("")

describe("The map of the seed", () => {
  it("has a command and a test that is there in each row", () => {
    assert.isAtLeast(rows.length, 70)
    for (const { feature, commands, guards } of rows) {
      assert.isAtLeast(commands.length, 1, feature)
      assert.isAtLeast(guards.length, 1, feature)
      for (const path of guards) assert.isTrue(existsSync(join(root, path)), path)
    }
  })

  it.live(
    "has commands that can be typed as they stand",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const where = yield* home()
          writeFileSync(
            join(where.root, "io3"),
            `#!/bin/sh\ncase "$1" in --offline) shift;; esac\nexec '${process.execPath}' '${program}' --offline "$@"\n`,
            { mode: 0o755 }
          )
          writeFileSync(join(where.folder, "README.md"), "A page about receipts.\n")
          const before = `PATH='${where.root}':$PATH; export REPOSITORY='${root}' NODE='${process.execPath}'\n`
          for (const { feature, commands } of rows) {
            for (const { line, exit } of commands) {
              const { code, stdout } = yield* shell(
                where,
                `${before}${FIELD}${namedIn(line)}{ ${line}\n} 2>&1`
              )
              assert.strictEqual(code, exit, `${feature}: ${line}\n${stdout}`)
              assert.notInclude(stdout, "INTERNAL_ERROR", line)
            }
          }
        })
      ),
    300_000
  )
})
