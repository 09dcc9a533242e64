/**
 * Looks for the words of memory values, payloads, runbooks and what stewards put in their place wherever a program shows, logs or
 * writes something, and wherever the real one says something of what was left.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { found, foundUnder, type Place, words } from "./support/canary.ts"
import { configure, type Home, io3, recorded } from "./support/io3.ts"
import { configuration, says, scene } from "./support/model.ts"
import { broken, good } from "./support/runbookWords.ts"

const packs = `packs:
  - id: pack.words
    scope: facts
    description: ${words.pack}
    keys: [fact, deep, secret, gone, never]
`
const policy = `route_allowlist: [executor]
capability_allowlist: []
sensitivity_allowlist: { elevated: [executor], restricted: [] }
`

/** The program of `support` that does it all, with the words on its standard input; what it has said, and what others saw. */
const undertaken = Effect.fnUntraced(function* ({ root, folder }: Home) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [join(import.meta.dirname, "support/undertakingsChild.ts")], {
        cwd: folder,
        env: { PATH: process.env["PATH"], HOME: root, TMPDIR: root }
      })
    ),
    (running) => Effect.sync(() => running.kill("SIGKILL"))
  )
  const said = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (said.stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (said.stderr += text))
  const closed = once(child, "close")
  const of = (name: string) => readFileSync(`/proc/${child.pid}/${name}`)
  const process_ = process.platform === "linux" ? Buffer.concat([of("cmdline"), of("environ")]) : ""
  child.stdin.end(JSON.stringify(words))
  yield* Effect.promise(() => closed)
  return { ...said, process: process_, code: child.exitCode }
})

/** What must have come of it, for the search to be one: the code of each failure, by what was done. */
const codes: Readonly<Record<string, ReadonlyArray<string>>> = {
  conflict: ["MEMORY_CONFLICT"],
  no: ["MEMORY_WRITE_FAILED"],
  large: ["MEMORY_VALUE_TOO_LARGE"],
  name: ["MEMORY_NAME_INVALID"],
  show: ["MEMORY_NOT_FOUND"],
  "invoke test.throws": ["CAPABILITY_EXCEPTION", "CAPABILITY_INVALID_PAYLOAD", "CAPABILITY_INPUT_TOO_LARGE"],
  "invoke test.throwstext": ["CAPABILITY_EXCEPTION"],
  "invoke test.rejects": ["CAPABILITY_EXCEPTION"],
  "invoke test.floats": ["CAPABILITY_EXCEPTION"],
  "invoke test.refuseswith": ["CAPABILITY_OUTPUT_INVALID"],
  "invoke test.othertype": ["CAPABILITY_OUTPUT_INVALID"],
  "invoke cap.echo_json": ["CAPABILITY_PAYLOAD_INVALID_JSON"],
  "invoke another": ["CAPABILITY_NOT_FOUND"],
  "run test.throws": ["CAPABILITY_EXCEPTION"],
  "another mode": ["ROUTE_MODE_UNKNOWN"],
  text: ["RUN_ERASED"]
}

describe("memory, capabilities and runbooks", { timeout: 240_000 }, () => {
  it.live("leave no word outside of what is sealed and what was released", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket, { messages }) => {
        const asked = messages.at(-1)?.content ?? ""
        const isHeld = asked.includes(words.step) || asked.includes(words.redirected)
        socket.write(says(isHeld ? words.draft : words.answer))
      })
      yield* configure(where.userConfig, {
        ...configuration(server),
        "runtime.yaml": "steward_thresholds: { always: true }\n",
        "memory_packs.yaml": packs,
        "memory_retrieval_policy.yaml": policy
      })
      const { code, stdout, stderr, process: others } = yield* undertaken(where)
      assert.strictEqual(code, 0, stderr)
      assert.include(stdout, `{"done":true}`)
      assert.deepStrictEqual(found(stdout), [])
      assert.deepStrictEqual(found(stderr), [])
      assert.deepStrictEqual(found(others), [])
      const isConfiguration = (path: string) => path.startsWith(where.userConfig)
      assert.deepStrictEqual(foundUnder(where.root, isConfiguration), [])

      const told = stdout
        .split("\n")
        .filter((line) => line.startsWith(`{"name"`))
        .map((line) => JSON.parse(line) as { readonly name: string; readonly code: string | null })
      const came = (name: string) => told.filter((one) => one.name === name).flatMap(({ code }) => code ?? [])
      for (const [name, due] of Object.entries(codes)) assert.deepStrictEqual(came(name), due, name)
      for (const name of Object.keys(broken(words))) assert.lengthOf(came(`decode ${name}`), 1, name)
      for (const name of ["redirect", "edit", "reject", "close", "replay", "failed", "view", "erase"])
        assert.isNotEmpty(
          told.filter((one) => one.name === name && one.code === null),
          name
        )
      const sent = found(JSON.stringify(server.calls))
      assert.includeMembers([...sent], ["memory", "elevated", "step", "redirected", "file"])
      for (const never of ["restricted", "forgotten", "pack", "payload", "metadata", "edited"])
        assert.notInclude(sent, never)

      // Read again by the real program: of one run after the other, and of everything.
      const runs = yield* recorded(where)
      assert.isAbove(runs.length, 10)
      const readings: ReadonlyArray<readonly [args: ReadonlyArray<string>, allowed?: ReadonlyArray<Place>]> =
        [
          [["runs", "list", "-o", "json"]],
          [["ledger", "show", "-o", "json"]],
          [["ledger", "export"]],
          [["ledger", "verify", "--texts", "-o", "json"]],
          [["steward", "list", "-o", "json"]],
          [["session", "list", "-o", "json"]],
          [["budgets", "-o", "json"]],
          [["capabilities", "--json"]],
          [["config", "show", "--origin"]],
          [["doctor", "-o", "json"]],
          ...runs
            .slice(0, 6)
            .flatMap(({ run, standing }): ReadonlyArray<readonly [ReadonlyArray<string>]> => [
              [["runs", "show", run, "-o", "json"]],
              [["ledger", "show", run]],
              ...(standing === "released"
                ? [[["receipt", "show", run]] as const, [["receipt", "disclose", run]] as const]
                : [])
            ])
        ]
      const environment = { IO3_DEBUG: "1" }
      const endings = yield* Effect.forEach(readings, ([args]) => io3(where, args, { environment }), {
        concurrency: 2
      })
      for (const [index, { stdout, stderr }] of endings.entries()) {
        const [args = []] = readings[index] ?? []
        assert.isAbove((stdout + stderr).length, 2, `${args.join(" ")}: ${stderr}`)
        assert.deepStrictEqual(found(stdout + stderr), [], args.join(" "))
      }
      assert.deepStrictEqual(foundUnder(where.root, isConfiguration), [])
    })
  )

  it.live("nor does a check of a runbook's file", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene(() => {})
      yield* configure(where.userConfig, { ...configuration(server), "memory_packs.yaml": packs })
      const files = Object.entries({ ...broken(words), good: good(words) })
      const environment = { IO3_DEBUG: "1" }
      const endings = yield* Effect.forEach(
        files,
        ([name, text], index) => {
          const file = join(where.folder, `${index}.yaml`)
          writeFileSync(file, text)
          const output = index % 2 === 0 ? "text" : "json"
          return Effect.map(
            io3(where, ["runbook", "check", file, "-o", output], { environment }),
            (ended) => ({
              name,
              ...ended
            })
          )
        },
        { concurrency: 2 }
      )
      for (const { name, code, stdout, stderr } of endings) {
        assert.isAtLeast(code ?? 0, 1, name)
        assert.deepStrictEqual(found(stdout + stderr), [], name)
      }
      assert.strictEqual(server.calls.length, 0)
    })
  )
})
