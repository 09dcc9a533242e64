import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { home, lastRun, program, shell } from "../support/io3.ts"

const root = join(import.meta.dirname, "..", "..")
const page = readFileSync(join(root, "README.md"), "utf8")

/** What a section shows: each command with what it prints. */
const shown = (title: string): ReadonlyArray<{ readonly command: string; readonly output: string }> => {
  const section = page.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? ""
  return [...section.matchAll(/^```console\n([\s\S]*?)^```$/gm)]
    .flatMap(([, text = ""]) => `\n${text}`.split("\n$ ").slice(1))
    .map((text) => {
      const [command = "", ...output] = text.split("\n")
      return { command, output: output.join("\n").trim() }
    })
}

/** Text without what is another each time: identifiers, digests, numbers, times, who answered. */
const masked = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}[0-9a-f-]*/g, "RUN")
    .replaceAll(/[0-9a-f]{64}/g, "DIGEST")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, "TIME")
    .replaceAll(/→ \S+ \S+/g, "→ MODEL")
    .replaceAll(/\d+/g, "N")

describe("README", () => {
  it.live(
    "what it shows somebody else can be typed as it stands",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const where = yield* home()
          const examples = shown("Proof for somebody else")
          assert.isAtLeast(examples.length, 7)
          writeFileSync(
            join(where.root, "io3"),
            `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`,
            {
              mode: 0o755
            }
          )
          for (const { command, output } of examples) {
            const id = command.includes("RUN") || /01a2/.test(command) ? (yield* lastRun(where)).run : ""
            const typed = command
              .replaceAll(/01a2[0-9a-f-]+/g, id)
              .replaceAll("scripts/verify-ledger", join(root, "scripts", "verify-ledger"))
            const { code, stdout } = yield* shell(where, `PATH='${where.root}':$PATH; { ${typed}\n} 2>&1`)
            assert.strictEqual(code, 0, `${command}\n${stdout}`)
            if (output === "") continue
            const [before = "", cut] = masked(output).split("…")
            const printed = masked(stdout.trim())
            assert.strictEqual(cut === undefined ? printed : printed.slice(0, before.length), before, command)
          }
        })
      ),
    120_000
  )

  it.live(
    "what it shows of a steward can be typed as it stands, and is what is printed but for what the model says",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const where = yield* home()
          const examples = shown("A conversation, and who decides what leaves")
          assert.strictEqual(examples.length, 4)
          writeFileSync(
            join(where.root, "io3"),
            `#!/bin/sh\nexec '${process.execPath}' '${program}' --offline "$@"\n`,
            { mode: 0o755 }
          )
          const seen: Array<string> = []
          for (const { command } of examples) {
            const held = /io3 steward show (\S+)/u.exec(seen[1] ?? "")?.[1] ?? ""
            const digest = /^digest +(\S+)$/mu.exec(seen[2] ?? "")?.[1] ?? ""
            const typed = command
              .replaceAll(/01a2[0-9a-f-]+/g, held)
              .replace(/--digest \S+/, `--digest ${digest.slice(0, 16)}`)
            const { code, stdout } = yield* shell(where, `PATH='${where.root}':$PATH; { ${typed}\n} 2>&1`)
            assert.strictEqual(code, command.includes("session start") ? 3 : 0, `${command}\n${stdout}`)
            seen.push(stdout)
          }
          const names = (text: string) => text.split("\n").map((line) => /^[a-z]+(?= {2})/u.exec(line)?.[0])
          const labels = names(examples[2]!.output).filter((name) => name !== undefined)
          assert.deepStrictEqual(
            names(seen[2]!).filter((name) => name !== undefined),
            labels
          )
          assert.isAtLeast(labels.length, 8)
          assert.strictEqual(masked(seen[1]!.trim()), masked(examples[1]!.output))
          assert.deepStrictEqual(
            masked(seen[3]!).split(" · ")[0],
            masked(examples[3]!.output).split(" · ")[0]
          )
        })
      ),
    120_000
  )
})
