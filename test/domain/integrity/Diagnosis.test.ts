import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { packagedSettings } from "../../../src/adapters/config/YamlConfiguration.ts"
import {
  CheckName,
  Finding,
  finding,
  isHealthy,
  nameOf,
  worstFirst
} from "../../../src/domain/integrity/Diagnosis.ts"
import { ConfigPlace } from "../../../src/domain/config/ConfigPlace.ts"
import { Severity } from "../../../src/domain/integrity/FaultMeaning.ts"
import { FaultName, faults } from "../../../src/domain/integrity/Faults.ts"
import {
  hasTraces,
  LEAST_BYTES,
  LITTLE_BYTES,
  ofClock,
  ofFolder,
  ofJournal,
  ofMasterKey,
  ofNode,
  ofSigningKey,
  OLDEST_NODE
} from "../../../src/domain/integrity/Machine.ts"
import { portability, PortabilityName } from "../../../src/domain/integrity/Portability.ts"
import { type FileName, files } from "../../../src/domain/config/Settings.ts"
import { meantBy } from "../../../src/domain/config/Spelling.ts"

const named = (findings: ReadonlyArray<Finding>) => findings.map(({ fault }) => fault)
const well = {
  state: "there",
  writable: true,
  shared: false,
  freeBytes: LITTLE_BYTES,
  metadata: "writable"
} as const
const sound = {
  state: "sound",
  checked: "whole",
  shared: false,
  newest: null,
  abandoned: 0,
  held: 0,
  runbooks: [],
  erasing: 0
} as const

describe("the table of faults", () => {
  it("says of abandoned runs that a model may be called for them", () => {
    assert.match(faults.RUNS_ABANDONED.fix, /may call/u)
    assert.strictEqual(faults.RUNS_ABANDONED.command, "io3 runs recover")
  })

  it("has a sentence and a way out for each, worst first", () => {
    const severities = Object.values(faults).map(({ severity }) => Severity.literals.indexOf(severity))
    assert.deepStrictEqual(severities, severities.toSorted())
    assert.isAtLeast(severities.length, 15)
    for (const [name, { problem, fix, command }] of Object.entries(faults)) {
      assert.match(problem, /^[A-Za-z0-9][^\n]*\.$/u, name)
      assert.match(fix, /^[A-Z][^\n]*\.$/u, name)
      for (const [hole] of (command ?? "").matchAll(/\{[^}]*\}/gu)) {
        assert.include(["{path}", "{name}", "{meant}"], hole, name)
      }
    }
  })

  const findings = Schema.Array(Finding)
  it.prop("puts the worst first and loses none", [findings], ([found]) => {
    const sorted = worstFirst(found)
    assert.sameMembers([...sorted], [...found])
    const severities = sorted.map(({ fault }) => Severity.literals.indexOf(faults[fault].severity))
    assert.deepStrictEqual(severities, severities.toSorted())
    assert.strictEqual(isHealthy({ checks: CheckName.literals, findings: found }), !severities.includes(0))
  })

  it.prop("names nothing that could be words", [Schema.String], ([text]) => {
    assert.match(nameOf(text), /^(?:\*|[A-Za-z0-9._:/-]{1,128})$/u)
  })
})

describe("the machine", () => {
  it("is fine, and each thing about it that is not is named", () => {
    assert.deepStrictEqual(named(ofFolder(well)), [])
    assert.deepStrictEqual(named(ofFolder({ ...well, writable: false })), ["DATA_UNWRITABLE"])
    assert.deepStrictEqual(named(ofFolder({ ...well, shared: true })), ["DATA_OPEN"])
    assert.deepStrictEqual(named(ofFolder({ ...well, state: "absent" })), ["DATA_MISSING"])
    assert.deepStrictEqual(named(ofFolder({ ...well, state: "not_a_folder" })), ["DATA_NOT_FOLDER"])
    assert.deepStrictEqual(named(ofFolder({ ...well, metadata: "unwritable" })), ["METADATA_UNWRITABLE"])
    assert.deepStrictEqual(named(ofFolder({ ...well, freeBytes: LITTLE_BYTES - 1 })), ["DISK_LOW"])
    assert.deepStrictEqual(named(ofFolder({ ...well, freeBytes: LEAST_BYTES - 1 })), ["DISK_FULL"])
    assert.deepStrictEqual(named(ofNode(OLDEST_NODE)), [])
    assert.deepStrictEqual(named(ofNode(OLDEST_NODE - 1)), ["NODE_TOO_OLD"])
  })

  it("has a journal that is sound, or one fault that comes before all others", () => {
    assert.deepStrictEqual(ofJournal({ state: "absent" }), [])
    assert.deepStrictEqual(named(ofJournal({ state: "absent" }, true)), ["JOURNAL_MISSING"])
    assert.isFalse(hasTraces({ environment: "sound", file: "absent" }, { ...well, metadata: "absent" }))
    assert.isTrue(hasTraces({ environment: "absent", file: "sound" }, { ...well, metadata: "absent" }))
    assert.isTrue(hasTraces({ environment: "sound", file: "absent" }, well))
    assert.deepStrictEqual(ofJournal(sound), [])
    assert.deepStrictEqual(named(ofJournal({ ...sound, checked: "quickly" })), ["JOURNAL_UNCHECKED"])
    for (const state of ["unreadable", "foreign", "newer", "cut", "damaged", "log_foreign"] as const) {
      const [one, ...others] = ofJournal({ state })
      assert.deepStrictEqual(others, [])
      assert.isFalse(isHealthy({ checks: [], findings: one ? [one] : [] }), state)
    }
  })

  const states = Schema.Literals(["absent", "sound", "unreadable", "shared", "malformed"])
  const keys = Schema.Struct({ environment: Schema.Literals(["absent", "sound", "malformed"]), file: states })

  const opens = Schema.NullOr(Schema.Boolean)
  it.prop(
    "has a master key that fits, or is told once what is wrong with it",
    [keys, opens],
    ([facts, opened]) => {
      for (const needed of [true, false]) {
        const found = [...ofMasterKey(facts, needed, opened)]
        assert.isAtMost(found.length, 1)
        const usable =
          facts.environment === "sound" || (facts.environment === "absent" && facts.file === "sound")
        const unneeded = !needed && facts.environment === "absent" && facts.file === "absent"
        assert.strictEqual(found.length === 0, unneeded || (usable && !(needed && opened === false)))
      }
      assert.isTrue(isHealthy({ checks: [], findings: ofSigningKey(facts) }), "runs need no signature")
    }
  )

  it("has a key that may not be read: nothing says that it is wrong, and nobody is told to remove it", () => {
    const file = "unreadable"
    const keys = [
      ...ofMasterKey({ environment: "absent", file }, true, null),
      ...ofSigningKey({ environment: "absent", file }),
      ...ofSigningKey({ environment: "absent", file: "unnamed" })
    ]
    assert.deepStrictEqual(
      keys.map(({ fault, place }) => [fault, place]),
      [
        ["MASTER_KEY_UNREADABLE", "master_key"],
        ["SIGNING_KEY_UNREADABLE", "signing_key"],
        ["SIGNING_KEY_UNREADABLE", "signing_pub"]
      ]
    )
    for (const { fault } of keys) {
      assert.notMatch(faults[fault].fix, /remove|delete/iu)
      assert.match(faults[fault].command ?? "", /^sudo chown "\$\(id -un\)" \{path\}/u)
    }
    assert.deepStrictEqual(ofMasterKey({ environment: "sound", file }, true, true), [])
  })

  const time = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 4e12 })))
  it.prop("has a clock that agrees with the record", [time, time], ([now, newest]) => {
    assert.deepStrictEqual(ofClock(now, null), [])
    const year = 366 * 86_400_000
    const expected = now < newest - 60_000 ? ["CLOCK_BEHIND"] : now > newest + year ? ["CLOCK_AHEAD"] : []
    assert.deepStrictEqual<ReadonlyArray<FaultName>>(
      named(ofClock(now, newest)),
      expected as Array<FaultName>
    )
  })

  it("says what there is and what there should be", () => {
    assert.deepStrictEqual(ofNode(20), [
      finding("node", "NODE_TOO_OLD", { limit: { actual: 20, allowed: 24 } })
    ])
  })
})

describe("the guess at a file's name", () => {
  const names = Object.keys(files) as ReadonlyArray<FileName>
  const slips = Schema.Struct({
    name: Schema.Literals(names),
    at: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 20 }))),
    letter: Schema.Literals(["", "x", "q"]),
    ending: Schema.Literals([".yaml", ".yml", ".YAML", ".json"])
  })
  it.prop("survives a wrong, a missing or an added letter", [slips], ([{ name, at, letter, ending }]) => {
    const stem = name.replace(".yaml", "")
    assert.strictEqual(meantBy(stem.slice(0, at) + letter + stem.slice(at) + ending), name)
    assert.strictEqual(meantBy(stem.slice(0, at) + letter + stem.slice(at + 1) + ending), name)
    assert.strictEqual(meantBy(stem.replaceAll("_", "-").toUpperCase() + ending), name)
  })

  it("is none for another name", () => {
    for (const name of ["holiday.yaml", "docker-compose.yaml", "package.json", "a.yml"]) {
      assert.isNull(meantBy(name), name)
    }
  })
})

describe("portability", () => {
  const settings = packagedSettings()
  const broken = Schema.Array(ConfigPlace)
  it.prop("is ten answers, whatever is wrong", [broken], ([places]) => {
    const report = portability({ settings: null, places }, well, "/data")
    assert.deepStrictEqual(
      report.checks.map(({ name }) => name),
      [...PortabilityName.literals]
    )
    assert.isFalse(report.passed)
    for (const { passed, detail } of report.checks) assert.strictEqual(detail === "", passed)
  })

  it("needs a folder that has a name and can be written", () => {
    const failed = (...args: Parameters<typeof portability>) =>
      portability(...args).checks.flatMap(({ name, passed }) => (passed ? [] : [name]))
    const read = { settings, places: [] as const, findings: [] }
    assert.deepStrictEqual(failed(read, well, "/data"), [])
    assert.deepStrictEqual(failed(read, well, " "), ["storage_root_declared"])
    assert.deepStrictEqual(failed(read, { ...well, writable: false }, "/data"), ["storage_root_writable"])
    assert.strictEqual(failed({ settings: null, places: [] }, well, "/data").length, 8)
  })
})
