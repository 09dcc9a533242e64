/** Owns the figures of starting: the program over bare Node, from the release and from the sources. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Candidate, compare, table } from "./rounds.ts"

const ROUNDS = 15
const root = join(import.meta.dirname, "..", "..")
const release = join(root, "dist", "io3.js")

const process = (name: string, ...args: ReadonlyArray<string>): Candidate => ({
  name,
  measure: async () => {
    const start = performance.now()
    const { status } = spawnSync(globalThis.process.execPath, args, { cwd: root, stdio: "ignore" })
    if (status !== 0) throw new Error(`${name} ended with ${status}`)
    return [performance.now() - start]
  }
})

export const start = async (): Promise<string> => {
  if (!existsSync(release)) return "start: no release; npm run build first"
  const data = mkdtempSync(join(tmpdir(), "io3-bench-"))
  const offline = ["--offline", "--data", data, "run", "executor", "--prompt", "hello"]
  const figures = await compare(
    [
      process("bare node (reference)", "-e", "0"),
      process("io3 --version, release", release, "--version"),
      process("io3 run, stand-in, release", release, ...offline),
      process("io3 --version, sources", "src/main.ts", "--version")
    ],
    ROUNDS
  ).finally(() => rmSync(data, { recursive: true, force: true }))
  const [bare] = figures
  const over = figures
    .slice(1)
    .map(
      ({ name, millis }) =>
        `  ${name.padEnd(46)} ${(millis - (bare?.millis ?? 0)).toFixed(0).padStart(9)} ms over bare node`
    )
  return [table("start", figures), ...over].join("\n")
}
