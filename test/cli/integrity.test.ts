/** Runs the commands that check an installation as a person does: what they print, how they end, and that they leave nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { DoctorOutput } from "../../src/cli/doctor.ts"
import { InvariantsOutput } from "../../src/cli/invariants.ts"
import { Portability } from "../../src/domain/integrity/Portability.ts"
import { titles } from "../../src/domain/integrity/Invariant.ts"
import { configure, type Home, home, io3, parse, program, slowly } from "../support/io3.ts"

/** Runs the program as somebody whom rights keep out: root, as which tests may run, they keep out of nothing. */
const unprivileged = (where: Home, ...args: ReadonlyArray<string>) =>
  Effect.sync(() => {
    const nobody = 65_534
    const isRoot = process.getuid?.() === 0
    const copy = join(where.root, "program")
    cpSync(dirname(program), copy, { recursive: true })
    if (isRoot) spawnSync("chown", ["-R", `${nobody}:${nobody}`, where.root])
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, basename(program)), ...args], {
      cwd: where.folder,
      env: { PATH: process.env["PATH"], HOME: where.root },
      encoding: "utf8",
      ...(isRoot && { uid: nobody, gid: nobody })
    })
    return { status, stdout, stderr }
  })

describe("the commands that check", slowly, () => {
  it.live("find an empty folder well, and leave it empty", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const [doctor, validate, invariants] = yield* Effect.forEach(
        [["doctor"], ["validate"], ["invariants"]],
        (args) => io3(where, args),
        { concurrency: 3 }
      )
      assert.deepStrictEqual([doctor?.code, validate?.code, invariants?.code], [0, 0, 0])
      assert.match(doctor?.stdout ?? "", /^warning {2}No model is configured/u)
      assert.match(doctor?.stdout ?? "", /\nNothing keeps runs from working\.\n$/u)
      assert.match(validate?.stdout ?? "", /\nValidation: PASSED \(10\/10 checks\)\n$/u)
      const lines = Object.entries(titles).map(([id, title]) => `PASS  ${id} — ${title}`)
      assert.strictEqual(invariants?.stdout, `${lines.join("\n")}\n\nALL PASSED\n`)
      assert.deepStrictEqual(readdirSync(where.root), ["work"])
      assert.deepStrictEqual(readdirSync(where.folder), [])
    })
  )

  it.live("say in words and in JSON what is wrong, with exit code 1", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const word = "canary-value-of-a-key"
      yield* configure(where.userConfig, { "runtime.yaml": `temperature: ${word}\n` })
      const [text, json, validate, checks] = yield* Effect.forEach(
        [["doctor"], ["doctor", "-o", "json"], ["validate"], ["validate", "-o", "json"]],
        (args) => io3(where, args),
        { concurrency: 2 }
      )
      for (const ended of [text, json, validate, checks]) {
        assert.strictEqual(ended?.code, 1, ended?.stderr)
        assert.notInclude(`${ended?.stdout}${ended?.stderr}`, word)
      }
      assert.match(
        text?.stdout ?? "",
        /^fault {4}The configuration is not valid\.\n {9}runtime\.yaml:1:1 {2}wrong value: temperature\n/u
      )
      const { healthy, findings } = parse(DoctorOutput, json?.stdout ?? "")
      assert.deepStrictEqual([healthy, findings[0]?.fault], [false, "CONFIG_INVALID"])
      assert.match(validate?.stdout ?? "", /\nValidation: FAILED \(9\/10 checks passed\)\n$/u)
      assert.match(validate?.stderr ?? "", /^PORTABILITY_CHECK_FAILED: /u)
      const report = parse(Portability, checks?.stdout ?? "")
      assert.deepStrictEqual(
        report.checks.filter(({ passed }) => !passed),
        [{ name: "constellation_integrity", passed: false, detail: "the configuration is not valid" }]
      )
      assert.isFalse(existsSync(where.data))
    })
  )

  it.live("print commands that a shell takes as they stand", () =>
    Effect.gen(function* () {
      const where = yield* home("it's $(a) folder")
      mkdirSync(join(where.folder, ".io3"))
      writeFileSync(join(where.folder, ".io3", "master.key"), "0".repeat(64))
      chmodSync(join(where.folder, ".io3", "master.key"), 0o644)
      yield* configure(where.projectConfig, { ["persona.yml" as "persona.yaml"]: "" })
      const { code, stdout } = yield* io3(where, ["doctor", "-o", "json"])
      assert.strictEqual(code, 1)
      const commands = parse(DoctorOutput, stdout).findings.flatMap(({ fault, command }) =>
        (fault === "MASTER_KEY_OPEN" || fault === "CONFIG_FILE_MISSPELT") && command !== null ? [command] : []
      )
      assert.strictEqual(commands.length, 2)
      for (const command of commands) {
        assert.strictEqual(spawnSync("sh", ["-c", command], { cwd: where.root }).status, 0, command)
      }
      const after = yield* io3(where, ["doctor"])
      assert.strictEqual(after.code, 0, after.stdout)
      assert.isTrue(existsSync(join(where.projectConfig, "persona.yaml")))
    })
  )

  it.live("propose no command that would overwrite a file which is there", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, {
        "runtime.yaml": "",
        ["runtme.yaml" as "logging.yaml"]: "temperature: 0.5\n",
        ["persona.yml" as "persona.yaml"]: ""
      })
      const { stdout } = yield* io3(where, ["doctor", "-o", "json"])
      const said = parse(DoctorOutput, stdout).findings.flatMap(({ check, name, meant, command }) =>
        check === "files" ? [[name, meant, command]] : []
      )
      const [from, to] = ["persona.yml", "persona.yaml"].map((name) => join(where.userConfig, name))
      assert.sameDeepMembers(said, [
        ["runtme.yaml", "runtime.yaml", null],
        ["persona.yml", "persona.yaml", `mv -n ${from} ${to}`]
      ])
    })
  )

  it.live.skipIf(process.platform === "win32")("never say to remove a key that somebody else may read", () =>
    Effect.gen(function* () {
      const where = yield* home()
      assert.strictEqual((yield* unprivileged(where, "run", "executor", "--prompt", "a")).status, 0)
      assert.strictEqual((yield* unprivileged(where, "ledger", "key")).status, 0)
      const faultsOf = ({ stdout }: { readonly stdout: string }) =>
        parse(DoctorOutput, stdout).findings.flatMap(({ check, ...found }) =>
          check === "keys" ? [found] : []
        )
      const cases = [
        ["master.key", "MASTER_KEY_UNREADABLE", ["run", "executor", "--prompt", "a"], "VAULT_KEY_INVALID"],
        ["signing.key", "SIGNING_KEY_UNREADABLE", ["ledger", "key"], "SIGNING_KEY_INVALID"],
        ["signing.pub", "SIGNING_KEY_UNREADABLE", ["ledger", "key"], "SIGNING_KEY_INVALID"]
      ] as const
      for (const [name, fault, args, code] of cases) {
        const path = join(where.data, name)
        const { mode } = statSync(path)
        chmodSync(path, 0)
        const [found, ...others] = faultsOf(yield* unprivileged(where, "doctor", "-o", "json"))
        assert.deepStrictEqual([found?.fault, others], [fault, []], name)
        assert.strictEqual(found?.command, `sudo chown "$(id -un)" ${path} && chmod 600 ${path}`)
        assert.notMatch(`${found?.problem} ${found?.fix} ${found?.command}`, /remove|delete/u)
        assert.match(
          (yield* unprivileged(where, ...args)).stderr,
          new RegExp(`^${code}: .*may not be read`, "u")
        )
        chmodSync(path, mode)
      }
      for (const name of ["signing.key", "signing.pub"]) rmSync(join(where.data, name))
      chmodSync(where.data, 0o500)
      assert.match((yield* unprivileged(where, "ledger", "key")).stderr, /^SIGNING_KEY_INVALID: .* made/u)
      chmodSync(where.data, 0o700)
    })
  )

  it.live("show no control of the terminal, whatever a folder is called", () =>
    Effect.gen(function* () {
      const where = yield* home("a\u001b]0;title\u0007\u009b2J\u202eb")
      yield* configure(where.projectConfig, { ["persona.yml" as "persona.yaml"]: "" })
      const { stdout } = yield* io3(where, ["doctor"])
      assert.match(stdout, /\$ mv -n \$'[^\n]+persona\.yml' \$'[^\n]+persona\.yaml'\n/u)
      const about = yield* io3(where, ["about"])
      assert.match(about.stdout, /\nproject +\$'/u)
      assert.notMatch(`${stdout}${about.stdout}`.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
    })
  )

  it.live("advise to move a link away, and not what it leads to", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const outside = join(where.root, "outside")
      mkdirSync(outside)
      writeFileSync(join(outside, "metadata.jsonl"), "theirs")
      mkdirSync(join(where.folder, ".io3"))
      symlinkSync(outside, join(where.folder, ".io3", "logs"))
      const { stdout } = yield* io3(where, ["doctor"])
      assert.match(stdout, /\$ mv \S+\/\.io3\/logs \S+\/\.io3\/logs\.aside\n/u)
    })
  )

  it.live("refuse to judge a configuration that cannot be read", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, { "routing_table.yaml": "routing_table: [" })
      const { code, stdout, stderr } = yield* io3(where, ["invariants", "-o", "json"])
      assert.strictEqual(code, 2)
      assert.include(stdout, "CONFIG_INVALID")
      assert.strictEqual(stderr, "")
      const modes = 'routing_table: { modes: { fast: { primary: "nowhere", secondary: "nowhere" } } }\n'
      yield* configure(where.userConfig, { "routing_table.yaml": modes })
      const judged = yield* io3(where, ["invariants", "-o", "json"])
      assert.strictEqual(judged.code, 1)
      assert.deepStrictEqual(
        parse(InvariantsOutput, judged.stdout).flatMap(({ id, passed }) => (passed ? [] : [id])),
        ["INV-001"]
      )
    })
  )
})
