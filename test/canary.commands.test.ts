/** Says unmistakable words to every command there is, in every way a command can be told words, and looks for them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { found, foundUnder, type Place, words } from "./support/canary.ts"
import { FOLDERS, type Given, type Invocation, invocations, runbookOf } from "./support/canaryCommands.ts"
import { isLong } from "./support/campaign.ts"
import { commands } from "./support/commandTree.ts"
import { TurnOutput } from "../src/api/results/TurnResults.ts"
import { configure, type Ended, io3, parse } from "./support/io3.ts"
import { named, says, scene, verdict } from "./support/model.ts"

/** The file that was given as a folder for the record is the operator's own path as well. */
const OWN: ReadonlyArray<Place> = ["fileName", "config"]

describe("the canary sweep over all commands", { timeout: 300_000 }, () => {
  /** A home whose every path, name and text has a word, and where temporary files are looked into as well. */
  const prepared = Effect.gen(function* () {
    let reject = false
    const { where, server } = yield* scene((socket, { model }) => {
      if (model === "judge") socket.write(verdict(reject ? "reject" : "pass", words.fixes))
      else socket.write(says(words.answer))
    }, words.folder)
    const configFolder = join(where.root, words.configFolder)
    yield* configure(where.userConfig, named(server, words.model, `/${words.url}`))
    yield* configure(configFolder, {
      "persona.yaml": `identity:\n  name: ${words.persona}\n  greeting: ${words.persona}\n`,
      "user_profile.yaml": `user:\n  name: ${words.profile}\n`,
      "runtime.yaml": `steward_thresholds: { always: true }\nwebhook_url: http://127.0.0.1:1/${words.url}?${words.config}\n`
    })
    const temporary = join(where.root, "tmp")
    mkdirSync(temporary)
    const data = join(where.root, words.data)
    const environment = {
      IO3_DEBUG: "1",
      IO3_DATA: data,
      TMPDIR: temporary,
      IO3_WEBHOOK_SECRET: words.environment
    }
    const ask = (
      args: ReadonlyArray<string>,
      stdin?: string,
      more: Readonly<Record<string, string>> = {},
      config = configFolder
    ) =>
      io3(where, [...args, "--config-dir", config], {
        environment: { ...environment, ...more },
        ...(stdin !== undefined && { stdin })
      })
    const run = (...args: ReadonlyArray<string>) =>
      Effect.map(
        ask(["run", "executor", "-o", "json", ...args], words.prompt),
        ({ stdout, stderr }) => stdout + stderr
      )
    const text = join(where.folder, `${words.fileName}.txt`)
    writeFileSync(text, words.file)
    const pdf = join(where.folder, `${words.fileName}.md`)
    writeFileSync(pdf, `%PDF-1.7\n${words.file}`)
    const idOf = (stdout: string) => /"run_id": "([0-9a-f-]{36})"/u.exec(stdout)?.[1] ?? assert.fail(stdout)
    const released = idOf(yield* run("--audit"))
    const erased = idOf(yield* run())
    reject = true
    const refused = idOf(yield* run("--audit"))
    yield* ask(["runs", "erase", erased, "--yes"])
    const begin = (mode: string) =>
      Effect.map(
        ask(["session", "start", "--mode", mode, "-f", "-", "-o", "json"], words.prompt),
        ({ stdout }) => parse(TurnOutput, stdout)
      )
    const { session_id: session } = yield* begin("work")
    reject = false
    const runbook = idOf((yield* ask(["runbook", "run", "-", "-o", "json"], runbookOf({}))).stdout)
    reject = true
    const hold = Effect.map(begin("steward"), ({ run_id, pause }) => [run_id, pause?.digest ?? ""] as const)
    const held = yield* Effect.all(
      { approve: hold, edit: hold, redirect: hold, reject: hold, close: hold },
      { concurrency: 2 }
    )
    const given: Given = {
      session: session ?? "",
      runbook,
      held,
      released,
      refused,
      erased,
      text,
      pdf,
      out: (name) => join(where.folder, `${name}-${server.calls.length}.out`)
    }
    // What a person wrote there themselves, and, of the folders they trust, the names.
    const isTheirs = (path: string) =>
      path === text ||
      path === pdf ||
      [where.userConfig, configFolder, join(where.root, ".local/state")].some((folder) =>
        path.startsWith(folder)
      )
    return { where, ask, given, isTheirs }
  })

  const check = (
    ended: Ended,
    { code = 0, shows = [] }: Pick<Invocation, "code" | "shows">,
    what: string
  ) => {
    assert.strictEqual(ended.code, code, `${what}\n${ended.stdout}${ended.stderr}`)
    assert.deepStrictEqual(found(ended.stdout, ["model", ...shows]), [], `${what}: ${ended.stdout}`)
    assert.deepStrictEqual(found(ended.stderr, ["model"]), [], `${what}: ${ended.stderr}`)
  }

  it.live("has a scene for each command of the program", () =>
    Effect.gen(function* () {
      const { where } = yield* scene(() => {})
      assert.deepStrictEqual([...(yield* commands(where))].toSorted(), Object.keys(invocations).toSorted())
    })
  )

  it.live("finds nothing that was said, written, configured or answered", () =>
    Effect.gen(function* () {
      const { where, ask, given, isTheirs } = yield* prepared
      for (const [command, all] of Object.entries(invocations)) {
        // Of what fails in several ways, the short campaign takes the first two and the last: one may stand on the one before it.
        const ways = isLong ? all : all.filter((_, at) => at < 2 || at === all.length - 1)
        const ended = yield* Effect.forEach(ways, ({ args, stdin }) => ask(args(given), stdin), {
          concurrency: 2
        })
        ended.forEach((one, at) => check(one, ways[at] ?? {}, `${command} ${at}`))
      }
      assert.deepStrictEqual(foundUnder(where.root, isTheirs), [])
    })
  )

  it.live("finds nothing of what cannot be understood: words typed, files, keys and settings", () =>
    Effect.gen(function* () {
      const { where, ask, given, isTheirs } = yield* prepared
      const broken = join(where.root, words.configFolder, words.config)
      yield* configure(broken, {
        "providers.yaml": `providers:\n  ollama:\n    enabled: ${words.config}\n    base_url: "http://${words.url}:${words.url}@ "\n`,
        "persona.yaml": `identity:\n  name: "${words.persona}\n bad: [`,
        "user_profile.yaml": `user:\n  name: [${words.profile}]\n`
      })
      const wrongly = [
        (path: ReadonlyArray<string>) => ask([...path, words.typed, `--${words.typed}`, "-o", "json"]),
        (path: ReadonlyArray<string>) =>
          ask(
            [...path, "--data", given.text],
            words.prompt,
            {
              IO3_MASTER_KEY: words.environment,
              IO3_SIGNING_KEY: words.environment,
              IO3_TIMEOUTS_IDLE_SECONDS: words.environment,
              OLLAMA_HOST: `${words.environment} ${words.environment}`
            },
            broken
          )
      ]
      const attempts = Object.entries(invocations).flatMap(([command, [first]]) =>
        wrongly.map((wrong) => ({ command, said: wrong(first?.args(given) ?? []) }))
      )
      const endings = yield* Effect.forEach(attempts, ({ said }) => said, { concurrency: 2 })
      for (const [at, { code, stdout, stderr }] of endings.entries()) {
        const { command } = attempts[at] ?? { command: "" }
        const shows = ["about", "doctor"].includes(command) ? [...FOLDERS, ...OWN] : []
        assert.isTrue(code === 0 || code === 1 || code === 2, `${command}: ${code} ${stderr}`)
        assert.notInclude(stdout + stderr, "INTERNAL_ERROR", command)
        assert.deepStrictEqual(found(stdout, shows), [], `${command}: ${stdout}`)
        assert.deepStrictEqual(found(stderr), [], `${command}: ${stderr}`)
      }
      assert.deepStrictEqual(foundUnder(where.root, isTheirs), [])
    })
  )

  it.live("names a key of somebody's own configuration to them, and to nobody else", () =>
    Effect.gen(function* () {
      const { where, ask, isTheirs } = yield* prepared
      const named = join(where.root, words.configFolder, "named")
      yield* configure(named, { "runtime.yaml": `${words.config}: ${words.environment}\n` })
      for (const format of ["text", "json"]) {
        const { code, stdout, stderr } = yield* ask(
          ["run", "executor", "-o", format],
          words.prompt,
          {},
          named
        )
        assert.strictEqual(code, 2)
        assert.deepStrictEqual(found(stdout, format === "json" ? ["config"] : []), [])
        assert.deepStrictEqual(found(stderr, ["config"]), [])
        assert.include(stdout + stderr, words.config)
      }
      assert.deepStrictEqual(foundUnder(where.root, isTheirs), [])
    })
  )
})
