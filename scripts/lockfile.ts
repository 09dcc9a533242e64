/**
 * Owns the completeness of the lockfile: a registry that serves one platform's binaries alone makes npm forget the others,
 * and `npm ci` then refuses on every platform. Adds what was forgotten, by exact version and without an integrity.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

interface Locked {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
interface Lockfile {
  readonly packages: Readonly<Record<string, Locked>>
}

/** Longer names first: `arm64` holds `arm`. */
const CPUS = ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"]
const SYSTEMS = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "aix",
  "win32"
]

/** Packages for other platforms that are asked for and missing, as the lockfile would have them. */
export const forgotten = ({ packages }: Lockfile): Readonly<Record<string, Locked>> =>
  Object.fromEntries(
    Object.values(packages).flatMap(({ optionalDependencies = {}, dev }) =>
      Object.entries(optionalDependencies).flatMap(([name, version]) => {
        const path = `node_modules/${name}`
        const os = SYSTEMS.find((system) => name.includes(system))
        const cpu = CPUS.find((kind) => name.includes(kind))
        // Anything but a platform's binary of one exact version is npm's own to resolve.
        if (path in packages || !/^\d+\.\d+\.\d+$/.test(version) || (!os && !cpu)) return []
        const entry = {
          version,
          ...(cpu && { cpu: [cpu] }),
          ...(dev && { dev }),
          optional: true,
          ...(os && { os: [os] })
        }
        return [[path, entry]]
      })
    )
  )

if (import.meta.main) {
  const path = join(import.meta.dirname, "..", "package-lock.json")
  const lockfile = JSON.parse(readFileSync(path, "utf8")) as Lockfile
  const entries = Object.entries({ ...lockfile.packages, ...forgotten(lockfile) })
  const packages = Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b, "en")))
  writeFileSync(path, `${JSON.stringify({ ...lockfile, packages }, null, 2)}\n`)
}
