/** Owns the real program as a person starts it: in a home of its own, with what it said, how it ended and what it left. */
import { Effect, Layer, Schedule, Schema, type Scope } from "effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { inject } from "vitest"
import * as SqliteJournal from "../../src/adapters/journal/Sqlite.ts"
import { Ledgers } from "../../src/core/ledger/Ledgers.ts"
import type { RunRecord } from "../../src/domain/ledger/Records.ts"
import type { FileName } from "../../src/domain/config/Settings.ts"

export const program = inject("program")
/** Longer than any test waits for anything: a program that hangs is killed and its test fails. */
const PATIENCE_MILLIS = 20_000
/** A test starts the program many times, on a machine that may have other things to do. */
export const slowly = { timeout: 90_000 }

/** What one start has compiled, the next ones find here. */
const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), `io3-compiled-${userInfo().uid}`) }

/** A person's home and the folder they stand in; all of it is gone after the test. */
export interface Home {
  readonly root: string
  readonly folder: string
  readonly data: string
  readonly userConfig: string
  readonly projectConfig: string
}

export interface Options {
  /** Nothing when left out: standard input is a pipe that ends at once. Null leaves it open. */
  readonly stdin?: string | Uint8Array | null
  readonly environment?: Readonly<Record<string, string>>
  /** How long it may take at most. */
  readonly patienceMillis?: number
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly ended: Effect.Effect<Ended>
}

/** `name` is what the folder is called. */
export const home = (name = "work"): Effect.Effect<Home, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "io3-home-"))),
    (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
  ).pipe(
    Effect.map((root) => {
      const folder = join(root, name)
      mkdirSync(folder)
      return {
        root,
        folder,
        data: join(root, ".local/share/io3"),
        userConfig: join(root, ".config/io3"),
        projectConfig: join(folder, ".io3/config")
      }
    })
  )

export const configure = (directory: string, files: Partial<Record<FileName, string>>) =>
  Effect.sync(() => {
    mkdirSync(directory, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
  })

/** Starts a program in a home; it is killed with the scope if it still runs then. */
export const startCommand = (
  { root, folder }: Home,
  command: string,
  args: ReadonlyArray<string>,
  { stdin = "", environment = {}, patienceMillis = PATIENCE_MILLIS }: Options = {}
): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        spawn(command, args, {
          cwd: folder,
          env: { PATH: process.env["PATH"], HOME: root, ...compiled, ...environment },
          timeout: patienceMillis,
          killSignal: "SIGKILL"
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      const said = { stdout: Array<Buffer>(), stderr: Array<Buffer>() }
      child.stdout.on("data", (bytes: Buffer) => said.stdout.push(bytes))
      child.stderr.on("data", (bytes: Buffer) => said.stderr.push(bytes))
      // It may end before it has read everything.
      child.stdin.on("error", () => {})
      if (stdin !== null) child.stdin.end(stdin)
      const closed = once(child, "close")
      const text = (pieces: ReadonlyArray<Buffer>) => Buffer.concat(pieces).toString("utf8")
      return {
        process: child,
        stdout: () => text(said.stdout),
        ended: Effect.map(
          Effect.promise(() => closed),
          () => ({ code: child.exitCode, stdout: text(said.stdout), stderr: text(said.stderr) })
        )
      }
    }
  )

export const start = (where: Home, args: ReadonlyArray<string>, options?: Options) =>
  startCommand(where, process.execPath, [program, ...args], options)

/** The program with its standard output going to a file. */
export const startInto = (where: Home, args: ReadonlyArray<string>, file: string) =>
  startCommand(where, "sh", ["-c", 'exec "$0" "$@" >"$INTO"', process.execPath, program, ...args], {
    environment: { INTO: file }
  })

/** The program with its data on a disk of so many bytes; `hasNamespaces` says whether that can be had. */
export const startOnDisk = (where: Home, args: ReadonlyArray<string>, bytes: number, options?: Options) => {
  mkdirSync(where.data, { recursive: true })
  const mounted = `mount -t tmpfs -o size=${bytes} none "$1" && shift && exec "$@"`
  const under = ["-Urm", "sh", "-c", mounted, "sh", where.data]
  return startCommand(where, "unshare", [...under, process.execPath, program, ...args], options)
}
export const hasNamespaces = spawnSync("unshare", ["-Urm", "true"]).status === 0

/** Runs a line of a shell to its end. */
export const shell = (where: Home, line: string): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(startCommand(where, "sh", ["-c", line]), ({ ended }) => ended))

/** Runs the program to its end. */
export const io3 = (where: Home, args: ReadonlyArray<string>, options?: Options): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(where, args, options), ({ ended }) => ended))

/** What the program printed, as what it says it is. */
export const parse = <A, I>(schema: Schema.Codec<A, I>, text: string): A =>
  Schema.decodeUnknownSync(Schema.fromJsonString(schema))(text)

/** The runs that the ledger has, newest first. */
export const recorded = (where: Home): Effect.Effect<ReadonlyArray<RunRecord>> =>
  Ledgers.use((ledgers) => ledgers.recent(200)).pipe(
    Effect.provide(Layer.provide(Ledgers.layer, journalIn(where))),
    Effect.orDie
  )

const journalIn = ({ data }: Home) => Layer.fresh(SqliteJournal.layer({ directory: data, mode: "in-thread" }))

/** The newest of them. */
export const lastRun = (where: Home): Effect.Effect<RunRecord> =>
  Effect.flatMap(recorded(where), ([record]) =>
    record ? Effect.succeed(record) : Effect.die(new Error("no run was recorded"))
  )

/** The program of util-linux that gives another one a terminal. */
export const script = "script"

/** Runs the program on a terminal of its own, by `script`; arguments need no quotes. */
export const startOnTerminal = (
  where: Home,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>,
  patienceMillis?: number
) =>
  startCommand(where, script, ["-qec", [process.execPath, program, ...args].join(" "), "/dev/null"], {
    stdin: null,
    environment,
    ...(patienceMillis !== undefined && { patienceMillis })
  })

/** Waits for something that another process brings about. */
export const until = (what: () => boolean, patienceMillis = PATIENCE_MILLIS): Effect.Effect<void> =>
  Effect.sync(what).pipe(
    Effect.repeat({ until: (is) => is, schedule: Schedule.spaced("10 millis") }),
    Effect.timeoutOrElse({
      duration: patienceMillis,
      orElse: () => Effect.die(new Error("waited in vain"))
    }),
    Effect.asVoid
  )

/** All bytes under a directory, by path. */
export const bytesUnder = (directory: string): ReadonlyMap<string, Buffer> =>
  new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path)])
  )
