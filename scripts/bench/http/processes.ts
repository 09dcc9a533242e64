/** Owns the processes of the bench: how each is begun, how much memory one has, and that all of them end. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const PATIENCE_MILLIS = 60_000
const root = join(import.meta.dirname, "..", "..", "..")

export interface Server {
  readonly url: string
  readonly pid: number
  readonly stop: () => Promise<void>
}

/** Resolves with the address that the process says first. */
const begin = async (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {},
  cwd = root,
  stderr: "inherit" | "ignore" = "inherit"
): Promise<Server> => {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", stderr]
  })
  // Whatever becomes of the bench, nothing of it stays.
  process.on("exit", () => child.kill("SIGKILL"))
  const url = await addressOf(child)
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM")
      const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MILLIS)
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
      clearTimeout(late)
    }
  }
}

const addressOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL")
      reject(new Error("a server of the bench did not begin"))
    }, PATIENCE_MILLIS)
    child.once("exit", (code) => reject(new Error(`a server of the bench ended with ${code}`)))
    child.stdout?.once("data", (bytes: Buffer) => {
      clearTimeout(late)
      resolve(bytes.toString().trim())
    })
  })

const script = (name: string) => join(import.meta.dirname, `${name}.ts`)

export const mock = () => begin([script("mock")])
export const relay = (upstream: string) => begin([script("relay"), upstream])
export const bare = (upstream: string) => begin([script("bare"), upstream])
export const floor = (upstream: string, directory: string) =>
  begin([script("floor"), upstream, join(directory, "floor.ndjson")])

/** Modes are what is answered: a model of the mock each. */
const configuration = (upstream: string, modes: ReadonlyArray<string>) => ({
  "providers.yaml": `providers:\n  ollama:\n    enabled: true\n    base_url: ${upstream}\n    num_ctx: 65536\n`,
  "routing_table.yaml": [
    "routing_table:",
    "  modes:",
    ...modes.map((mode) => `    ${mode}:\n      primary: "local:${mode}"\n      secondary: "local:${mode}"`),
    ""
  ].join("\n"),
  "runtime.yaml": [
    "context_limit_chars: 64000",
    "session_max_turns: 100000",
    "constellation:\n  allow_same_model: true",
    "steward_thresholds:\n  always: true",
    ""
  ].join("\n")
})

/** The release, in a home of its own; `program` is what Node is to run in place of it. */
export const released = async (
  upstream: string,
  directory: string,
  modes: ReadonlyArray<string>,
  program: ReadonlyArray<string> = [join(root, "dist", "io3.js")]
): Promise<Server> => {
  const settings = join(directory, ".config", "io3")
  mkdirSync(settings, { recursive: true })
  for (const [file, text] of Object.entries(configuration(upstream, modes)))
    writeFileSync(join(settings, file), text)
  return begin([...program, "serve", "--port", "0"], { HOME: directory }, directory, "ignore")
}

/** Resident memory in MiB, where the system tells; NaN elsewhere. */
export const memoryOf = ({ pid }: Server): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}
