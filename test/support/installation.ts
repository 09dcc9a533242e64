/** Owns an installation for tests of those who look at one: a home of its own, a journal by real runs, a host that says what a test wants. */
import { Effect, Layer, type Scope } from "effect"
import { lstatSync } from "node:fs"
import { type Environment } from "../../src/adapters/config/Environment.ts"
import { locate } from "../../src/adapters/config/Locations.ts"
import { examination, type Options, runtime } from "../../src/App.ts"
import { Doctor } from "../../src/core/integrity/Doctor.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import type { FaultName } from "../../src/domain/integrity/Faults.ts"
import { bytesUnder, type Home, home } from "./io3.ts"
import { serve, type Server } from "./upstream.ts"

export interface Standing extends Home {
  /** Variables of the process; a test may set and unset them. */
  readonly environment: Record<string, string>
}

export const standing: Effect.Effect<Standing, never, Scope.Scope> = Effect.map(home(), (where) => ({
  ...where,
  environment: {}
}))

export const optionsOf = (where: Standing, offline = false): Options => ({
  locations: locate({
    workingDirectory: where.folder,
    home: where.root,
    environment: where.environment,
    data: null,
    configDirectory: null,
    isDirectory: (path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  }),
  environment: where.environment satisfies Environment,
  offline,
  journal: "in-thread"
})

/** Looks at an installation; fails the test when that changed a byte, or a name, of it. */
export const examine = (where: Standing) =>
  Effect.gen(function* () {
    const before = bytesUnder(where.root)
    const diagnosis = yield* Doctor.use((doctor) => doctor.examine).pipe(
      Effect.provide(Layer.fresh(examination(optionsOf(where))))
    )
    const after = bytesUnder(where.root)
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      // The index of a log is memory that processes share, in the form of a file.
      (path) =>
        path.endsWith("-shm")
          ? before.has(path) !== after.has(path)
          : !same(before.get(path), after.get(path))
    )
    if (changed.length > 0) throw new Error(`looking changed ${changed.join(", ")}`)
    return diagnosis
  })

const same = (one: Buffer | undefined, other: Buffer | undefined): boolean =>
  one !== undefined && other !== undefined && one.equals(other)

export const faultsOf = (where: Standing): Effect.Effect<ReadonlyArray<FaultName>> =>
  Effect.map(examine(where), ({ findings }) => findings.map(({ fault }) => fault))

/** Makes a run by the stand-in, and with it data folder, journal and key. */
export const used = (where: Standing) =>
  Runs.use((runs) => runs.run(Runs.request("executor", "question"))).pipe(
    Effect.provide(Layer.fresh(runtime(optionsOf(where, true)))),
    Effect.orDie
  )

export interface Said {
  readonly version?: string
  readonly tags?: ReadonlyArray<object>
  readonly show?: object
}

/** A host of models that says of itself what it is told to, and counts who asks a model. */
export const host = (said: () => Said): Effect.Effect<Server, never, Scope.Scope> =>
  serve((socket, { line }) => {
    const { version = "0.32.15", tags = [], show = {} } = said()
    const body = JSON.stringify(
      line.includes("/api/version") ? { version } : line.includes("/api/tags") ? { models: tags } : show
    )
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  })
