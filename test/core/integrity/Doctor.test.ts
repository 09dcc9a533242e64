/** Plants each fault in a real installation, sees it named with its way out, puts it right, and sees it gone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { DoctorOutput } from "../../../src/cli/doctor.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { faults, type FaultName } from "../../../src/domain/integrity/Faults.ts"
import { configure, parse, program, slowly } from "../../support/io3.ts"
import { AS_MADE, edit, fileOf, using } from "../../support/journalFile.ts"
import { examine, faultsOf, type Standing, standing, used } from "../../support/installation.ts"
import { append, commitOf, folder, run } from "../../support/ledger.ts"

type Done = Effect.Effect<unknown, RuntimeFailure> | void

interface Case {
  readonly fault: FaultName
  /** Before anything is wrong. */
  readonly before?: (where: Standing) => Effect.Effect<unknown>
  readonly plant: (where: Standing) => Done
  readonly mend: (where: Standing) => Done
}

const key = ({ data }: Standing) => join(data, "master.key")
const signing = ({ data }: Standing) => join(data, "signing.key")
const signed = ({ data }: Standing) => join(data, "signing.pub")
const journal = ({ data }: Standing) => fileOf(data)
const aside = (path: string) => `${path}.kept`
const swap = (path: string, text: string) => {
  renameSync(path, aside(path))
  writeFileSync(path, text, { mode: 0o600 })
}
const back = (path: string) => renameSync(aside(path), path)
const HEX = "0123456789abcdef".repeat(4)
/** Moves the time of everything recorded. */
const later = (data: string, by: string) =>
  edit(data, `UPDATE rows SET at = at ${by}; UPDATE streams SET at = at ${by}`)
const did = (effect: Done): Effect.Effect<unknown> => Effect.orDie(effect ?? Effect.void)

const cases: ReadonlyArray<Case> = [
  {
    fault: "DATA_NOT_FOLDER",
    plant: ({ data }) => {
      mkdirSync(join(data, ".."), { recursive: true })
      writeFileSync(data, "")
    },
    mend: ({ data }) => rmSync(data)
  },
  { fault: "DATA_MISSING", plant: () => {}, mend: used },
  {
    fault: "DATA_OPEN",
    before: used,
    plant: ({ data }) => chmodSync(data, 0o777),
    mend: ({ data }) => chmodSync(data, 0o700)
  },
  {
    fault: "METADATA_UNWRITABLE",
    before: used,
    plant: ({ data }) => {
      rmSync(join(data, "logs", "metadata.jsonl"), { force: true })
      mkdirSync(join(data, "logs", "metadata.jsonl"), { recursive: true })
    },
    mend: ({ data }) => rmSync(join(data, "logs", "metadata.jsonl"), { recursive: true })
  },
  {
    fault: "METADATA_UNWRITABLE",
    before: used,
    plant: ({ data, folder }) => {
      rmSync(join(data, "logs"), { recursive: true, force: true })
      symlinkSync(folder, join(data, "logs"))
    },
    mend: ({ data }) => rmSync(join(data, "logs"))
  },
  {
    fault: "JOURNAL_FOREIGN",
    plant: (where) => {
      mkdirSync(where.data, { recursive: true })
      symlinkSync(join(where.folder, "nowhere"), journal(where))
    },
    mend: (where) => rmSync(journal(where))
  },
  {
    fault: "ENVIRONMENT_KEY_MALFORMED",
    plant: ({ environment }) => void (environment["IO3_MASTER_KEY"] = "short"),
    mend: ({ environment }) => void delete environment["IO3_MASTER_KEY"]
  },
  {
    fault: "MASTER_KEY_MISSING",
    before: used,
    plant: (where) => renameSync(key(where), aside(key(where))),
    mend: (where) => back(key(where))
  },
  {
    fault: "MASTER_KEY_OPEN",
    before: used,
    plant: (where) => chmodSync(key(where), 0o644),
    mend: (where) => chmodSync(key(where), 0o600)
  },
  {
    fault: "MASTER_KEY_MALFORMED",
    before: used,
    plant: (where) => swap(key(where), "0123"),
    mend: (where) => back(key(where))
  },
  {
    fault: "MASTER_KEY_FOREIGN",
    before: used,
    plant: (where) => swap(key(where), HEX),
    mend: (where) => back(key(where))
  },
  {
    fault: "ENVIRONMENT_SIGNING_KEY_MALFORMED",
    plant: ({ environment }) => void (environment["IO3_SIGNING_KEY"] = "short"),
    mend: ({ environment }) => void delete environment["IO3_SIGNING_KEY"]
  },
  {
    fault: "SIGNING_KEY_OPEN",
    before: used,
    plant: (where) => {
      writeFileSync(signing(where), HEX)
      chmodSync(signing(where), 0o640)
    },
    mend: (where) => chmodSync(signing(where), 0o600)
  },
  {
    fault: "SIGNING_KEY_MALFORMED",
    before: used,
    plant: (where) => writeFileSync(signing(where), "half", { mode: 0o600 }),
    mend: (where) => rmSync(signing(where))
  },
  {
    fault: "SIGNING_KEY_MISSING",
    before: used,
    plant: (where) => writeFileSync(signed(where), HEX),
    mend: (where) => rmSync(signed(where))
  },
  {
    fault: "SIGNING_KEY_FOREIGN",
    before: used,
    plant: (where) => {
      writeFileSync(signing(where), HEX, { mode: 0o600 })
      writeFileSync(signed(where), HEX)
    },
    mend: (where) => rmSync(signed(where))
  },
  {
    fault: "JOURNAL_FOREIGN",
    before: used,
    plant: (where) =>
      swap(
        journal(where),
        "a letter to a friend, long enough to have a hundred bytes and a few more ".repeat(3)
      ),
    mend: (where) => back(journal(where))
  },
  {
    fault: "JOURNAL_NEWER",
    before: used,
    plant: ({ data }) => edit(data, "PRAGMA user_version = 99"),
    mend: ({ data }) => edit(data, AS_MADE)
  },
  {
    fault: "JOURNAL_OLDER",
    before: used,
    plant: ({ data }) => edit(data, "PRAGMA user_version = 1"),
    mend: ({ data }) => edit(data, AS_MADE)
  },
  {
    fault: "JOURNAL_CUT",
    before: used,
    plant: (where) => {
      copyFileSync(journal(where), aside(journal(where)))
      truncateSync(journal(where), 4096 * 2)
    },
    mend: (where) => back(journal(where))
  },
  {
    fault: "JOURNAL_DAMAGED",
    before: used,
    plant: (where) => {
      copyFileSync(journal(where), aside(journal(where)))
      const bytes = readFileSync(journal(where))
      bytes.fill(0xff, 4096 * 2, 4096 * 3)
      writeFileSync(journal(where), bytes)
    },
    mend: (where) => back(journal(where))
  },
  {
    fault: "JOURNAL_LOG_FOREIGN",
    before: used,
    plant: (where) =>
      Effect.scoped(
        Effect.flatMap(folder, (other) =>
          using(other, (theirs) =>
            Effect.gen(function* () {
              for (const name of ["a", "b", "c"]) yield* theirs.commit(commitOf(append(run(name), 0)))
              copyFileSync(`${fileOf(other)}-wal`, `${journal(where)}-wal`)
            })
          )
        )
      ),
    mend: (where) => renameSync(`${journal(where)}-wal`, `${journal(where)}-wal.aside`)
  },
  {
    // A copy that was put back, with the log of what had happened since still beside it.
    fault: "JOURNAL_LOG_FOREIGN",
    before: used,
    plant: (where) =>
      Effect.gen(function* () {
        copyFileSync(journal(where), aside(journal(where)))
        yield* used(where)
        yield* using(where.data, (mine) =>
          Effect.gen(function* () {
            yield* mine.commit(commitOf(append(run("since"), 0)))
            copyFileSync(`${journal(where)}-wal`, aside(`${journal(where)}-wal`))
          })
        )
        back(journal(where))
        back(`${journal(where)}-wal`)
      }),
    mend: (where) => rmSync(`${journal(where)}-wal`)
  },
  {
    fault: "JOURNAL_MISSING",
    before: used,
    plant: (where) => renameSync(journal(where), aside(journal(where))),
    mend: (where) => back(journal(where))
  },
  {
    // Whose key is in the environment has no key file.
    fault: "JOURNAL_MISSING",
    before: used,
    plant: (where) => {
      renameSync(key(where), aside(key(where)))
      renameSync(journal(where), aside(journal(where)))
    },
    mend: (where) => {
      back(key(where))
      back(journal(where))
    }
  },
  {
    fault: "JOURNAL_OPEN",
    before: used,
    plant: (where) => chmodSync(journal(where), 0o644),
    mend: (where) => chmodSync(journal(where), 0o600)
  },
  {
    fault: "RUNS_ABANDONED",
    before: used,
    plant: ({ data }) => using(data, (mine) => mine.commit(commitOf(append(run("left"), 0)))),
    mend: ({ data }) => edit(data, "UPDATE streams SET open = 0")
  },
  {
    fault: "ERASURE_PENDING",
    before: used,
    plant: ({ data }) => edit(data, "INSERT INTO unscrubbed (position) VALUES (1)"),
    mend: ({ data }) => using(data, (mine) => mine.scrub)
  },
  {
    fault: "BUDGET_MISCOUNTED",
    before: used,
    plant: ({ data }) => edit(data, "UPDATE spending SET calls = calls + 1"),
    mend: ({ data }) => edit(data, "UPDATE spending SET calls = calls - 1")
  },
  {
    fault: "CLOCK_BEHIND",
    before: used,
    plant: ({ data }) => later(data, "+ 86400000"),
    mend: ({ data }) => later(data, "- 86400000")
  },
  {
    fault: "CLOCK_AHEAD",
    before: used,
    plant: ({ data }) => later(data, "- 86400000 * 400"),
    mend: ({ data }) => later(data, "+ 86400000 * 400")
  },
  {
    fault: "CONFIG_INVALID",
    plant: ({ userConfig }) => configure(userConfig, { "runtime.yaml": "temperature: warm\n" }),
    mend: ({ userConfig }) => configure(userConfig, { "runtime.yaml": "temperature: 0.5\n" })
  },
  {
    fault: "CONFIG_UNREADABLE",
    plant: ({ userConfig }) => void mkdirSync(join(userConfig, "runtime.yaml"), { recursive: true }),
    mend: ({ userConfig }) => rmSync(join(userConfig, "runtime.yaml"), { recursive: true })
  },
  {
    fault: "CONFIG_TOO_LARGE",
    plant: ({ userConfig }) => configure(userConfig, { "runtime.yaml": "#".repeat(300_000) }),
    mend: ({ userConfig }) => rmSync(join(userConfig, "runtime.yaml"))
  },
  {
    fault: "ENVIRONMENT_UNKNOWN",
    plant: ({ environment }) => void (environment["IO3_MAX_OUTPUT_TOKEN"] = "5"),
    mend: ({ environment }) => void delete environment["IO3_MAX_OUTPUT_TOKEN"]
  },
  {
    fault: "CONFIG_UNTRUSTED",
    plant: ({ projectConfig }) =>
      configure(projectConfig, { "providers.yaml": "providers:\n  ollama:\n    enabled: true\n" }),
    mend: ({ projectConfig }) => rmSync(join(projectConfig, "providers.yaml"))
  },
  {
    fault: "CONFIG_FILE_MISSPELT",
    plant: ({ userConfig }) => configure(userConfig, { ["routing-table.yaml" as "routing_table.yaml"]: "" }),
    mend: ({ userConfig }) =>
      renameSync(join(userConfig, "routing-table.yaml"), join(userConfig, "routing_table.yaml"))
  },
  {
    fault: "CONFIG_FILE_DOUBLED",
    before: ({ userConfig }) =>
      configure(userConfig, {
        ["runtme.yaml" as "runtime.yaml"]: "temperature: 0.5\n",
        "persona.yaml": ""
      }),
    plant: ({ userConfig }) => configure(userConfig, { "runtime.yaml": "temperature: 0.2\n" }),
    mend: ({ userConfig }) => rmSync(join(userConfig, "runtme.yaml"))
  },
  {
    fault: "CONFIG_FILE_UNREAD",
    plant: ({ projectConfig }) => configure(projectConfig, { ["holiday.yaml" as "runtime.yaml"]: "" }),
    mend: ({ projectConfig }) => rmSync(join(projectConfig, "holiday.yaml"))
  }
]

describe("the doctor", slowly, () => {
  for (const [index, { fault, before, plant, mend }] of cases.entries()) {
    it.live(`names ${fault} with its way out, and no more once it is put right (${index})`, () =>
      Effect.gen(function* () {
        const where = yield* standing
        if (before) {
          yield* did(before(where))
          assert.notInclude(yield* faultsOf(where), fault, "nothing is wrong yet")
        }
        yield* did(plant(where))
        const { findings } = yield* examine(where)
        const found = findings.find((finding) => finding.fault === fault)
        assert.isDefined(found, findings.map((finding) => finding.fault).join(" "))
        assert.match(faults[fault].fix, /^[A-Z][^\n]+\.$/u)
        yield* did(mend(where))
        assert.notInclude(yield* faultsOf(where), fault)
      })
    )
  }

  it.live("finds nothing in an installation that is well, beyond that it has no model", () =>
    Effect.gen(function* () {
      const where = yield* standing
      yield* used(where)
      assert.deepStrictEqual(yield* faultsOf(where), ["PROVIDER_NONE"])
    })
  )

  const hasNamespaces = spawnSync("unshare", ["-Urm", "true"]).status === 0
  if (!hasNamespaces) process.stderr.write("SKIPPED disks of the doctor: no unshare of user namespaces\n")
  const disks: ReadonlyArray<readonly [options: string, fault: FaultName, code: number]> = [
    ["mode=700,size=512m", "PROVIDER_NONE", 0],
    ["mode=700,size=64m", "DISK_LOW", 0],
    ["mode=700,size=8m", "DISK_FULL", 1],
    ["mode=700,size=512m,ro", "DATA_UNWRITABLE", 1]
  ]
  for (const [options, fault, code] of disks) {
    it.live.skipIf(!hasNamespaces)(`sees that a disk with ${options} has ${fault}`, () =>
      Effect.gen(function* () {
        const where = yield* standing
        mkdirSync(where.data, { recursive: true })

        const script = 'mount -t tmpfs -o "$1" none "$2" && exec "$3" "$4" doctor -o json'
        const { status, stdout } = spawnSync(
          "unshare",
          ["-Urm", "sh", "-c", script, "sh", options, where.data, process.execPath, program],
          { cwd: where.folder, env: { PATH: process.env["PATH"], HOME: where.root }, encoding: "utf8" }
        )
        assert.strictEqual(parse(DoctorOutput, stdout).findings[0]?.fault, fault)
        assert.strictEqual(status, code)
      })
    )
  }

  it.live("makes nothing where nothing is", () =>
    Effect.gen(function* () {
      const where = yield* standing
      assert.deepStrictEqual(yield* faultsOf(where), ["PROVIDER_NONE", "DATA_MISSING"])
      assert.deepStrictEqual(readdirSync(where.root), ["work"])
    })
  )
})
