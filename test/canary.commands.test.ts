/** Says unmistakable words to every command there is, in every way a command can be told words, and looks for them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { found, foundUnder, type Place, words } from "./support/canary.ts"
import { commands } from "./support/commandTree.ts"
import { TurnOutput } from "../src/cli/session/TurnResults.ts"
import type { Action } from "../src/domain/session/Turn.ts"
import { configure, type Ended, io3, parse } from "./support/io3.ts"
import { named, says, scene, verdict } from "./support/model.ts"

/** Where a person may be told of their own folders, on standard output. */
const FOLDERS: ReadonlyArray<Place> = ["folder", "data", "configFolder"]

/** The file that was given as a folder for the record is the operator's own path as well. */
const OWN: ReadonlyArray<Place> = ["fileName", "config"]

/** The runs of a scene, and files that hold what was said. */
interface Given {
  readonly released: string
  readonly refused: string
  readonly erased: string
  /** A session with that one turn. */
  readonly session: string
  /** One held turn for each thing that can be done with it: its id, and the digest of its text. */
  readonly held: Readonly<Record<Action, readonly [run: string, digest: string]>>
  readonly text: string
  /** The same in a file that says it is something else. */
  readonly pdf: string
  readonly out: (name: string) => string
}

interface Invocation {
  readonly args: (given: Given) => ReadonlyArray<string>
  readonly code?: number
  /** The words that may be on standard output; on standard error, never any. */
  readonly shows?: ReadonlyArray<Place>
  readonly stdin?: string
}

const says0 = (...args: ReadonlyArray<string>): Invocation => ({ args: () => args })

const deciding = (action: Action, held: Given["held"]): ReadonlyArray<string> => {
  const [run, digest] = held[action]
  return ["steward", action, run, "--digest", digest]
}

const runbookOf = (more: object): string =>
  JSON.stringify({ steps: [{ mode: "executor", prompt: words.prompt, ...more }] })

/** Each command in its ways to go well and, where its arguments make it fail, in those. */
const invocations: Readonly<Record<string, ReadonlyArray<Invocation>>> = {
  run: [
    { args: () => ["run", "executor", "-o", "json"], stdin: words.prompt, shows: ["answer"] },
    { args: () => ["run", "executor", "--raw", "--no-stream", "--prompt", words.prompt], shows: ["answer"] },
    says0("run", "executor", "--dry-run", "--prompt", words.prompt),
    { args: ({ text }) => ["run", "executor", "--file-context", text, "-p", "ask"], shows: ["answer"] },
    { args: ({ pdf }) => ["run", "executor", "--file-context", pdf, "-p", words.prompt], code: 2 },
    says0("run", "executor", "--dry-run", "--prompt", words.prompt, "-o", "json")
  ],
  chat: [
    {
      args: () => ["chat", "--title", words.typed],
      stdin: `${words.prompt}\n/status\n/${words.typed}\n/title ${words.typed}\n`,
      code: 2,
      shows: ["answer"]
    },
    {
      args: () => ["chat", "-o", "json"],
      stdin: `${words.prompt}\n/history\n/close\n`,
      shows: ["prompt", "answer"]
    },
    // Of a session that another of these may be having: its title is shown to whoever gave it.
    { args: () => ["chat", "-c"], stdin: "/history\n", shows: ["prompt", "answer", "typed"] }
  ],
  capabilities: [says0("capabilities"), says0("capabilities", "--json")],
  route: [says0("route"), says0("route", "executor", "-o", "json")],
  "config show": [
    { args: () => ["config", "show", "--origin"], shows: ["url"] },
    { args: () => ["config", "show", "-o", "json"], shows: ["url"] }
  ],
  "ledger show": [
    says0("ledger", "show"),
    says0("ledger", "show", "config", "-o", "json"),
    { args: ({ refused }) => ["ledger", "show", refused, "-o", "json"] }
  ],
  "ledger verify": [
    says0("ledger", "verify", "--texts"),
    { args: ({ released }) => ["ledger", "verify", released, "-o", "json"] },
    { args: ({ text }) => ["ledger", "verify", "--export", text], code: 1 },
    { args: ({ text }) => ["ledger", "verify", "--checkpoint", text], code: 1 },
    { args: ({ text }) => ["ledger", "verify", "--public-key", text], code: 2 },
    { args: ({ out }) => ["ledger", "verify", "--export", out("none")], code: 2 }
  ],
  "ledger checkpoint": [
    says0("ledger", "checkpoint"),
    { args: ({ out }) => ["ledger", "checkpoint", out("checkpoint")] },
    { args: ({ text }) => ["ledger", "checkpoint", text], code: 2 }
  ],
  "ledger export": [
    says0("ledger", "export"),
    { args: ({ out }) => ["ledger", "export", out("export")] },
    { args: ({ text }) => ["ledger", "export", text], code: 2 }
  ],
  "ledger key": [says0("ledger", "key"), says0("ledger", "key", "-o", "json")],
  "ledger backup": [
    { args: ({ out }) => ["ledger", "backup", out("backup")] },
    { args: ({ text }) => ["ledger", "backup", text], code: 2 }
  ],
  "ledger project": [
    says0("ledger", "project"),
    { args: ({ out }) => ["ledger", "project", "--out", out("projection")] },
    { args: ({ text }) => ["ledger", "project", "--out", text], code: 2 }
  ],
  "receipt show": [
    { args: ({ released }) => ["receipt", "show", released] },
    { args: ({ released }) => ["receipt", "show", released, "-o", "json"] },
    { args: ({ refused }) => ["receipt", "show", refused], code: 1 }
  ],
  "receipt verify": [
    { args: ({ released }) => ["receipt", "verify", released, "--text", "-"], stdin: words.answer },
    { args: ({ released, text }) => ["receipt", "verify", released, "--text", text], code: 1 },
    { args: ({ released, out }) => ["receipt", "verify", released, "--text", out("none")], code: 2 },
    { args: ({ text }) => ["receipt", "verify", "--disclosure", text, "--text", text], code: 1 },
    { args: ({ erased, text }) => ["receipt", "verify", erased, "--text", text, "-o", "json"], code: 1 }
  ],
  "receipt disclose": [
    { args: ({ released }) => ["receipt", "disclose", released] },
    { args: ({ released, out }) => ["receipt", "disclose", released, out("disclosure")] },
    { args: ({ erased }) => ["receipt", "disclose", erased], code: 1 }
  ],
  "runbook check": [
    { args: () => ["runbook", "check", "-"], stdin: runbookOf({ metadata: { [words.typed]: words.typed } }) },
    { args: () => ["runbook", "check", "-", "-o", "json"], stdin: runbookOf({}) },
    { args: () => ["runbook", "check", "-"], stdin: runbookOf({ [words.typed]: words.typed }), code: 2 },
    { args: () => ["runbook", "check", "-", "-o", "json"], stdin: `- ${words.typed}: [`, code: 2 },
    { args: ({ text }) => ["runbook", "check", text], code: 2 },
    { args: ({ out }) => ["runbook", "check", out("none")], code: 2 }
  ],
  "runbook erase": [
    { args: ({ released }) => ["runbook", "erase", released, "--yes", "-o", "json"], code: 1 },
    { args: ({ released }) => ["runbook", "erase", released], code: 2 }
  ],
  "runs list": [says0("runs", "list"), says0("runs", "list", "--mode", words.typed, "-o", "json")],
  "runs show": [
    { args: ({ released }) => ["runs", "show", released] },
    { args: ({ released }) => ["runs", "show", released, "--text"], shows: ["answer"] },
    { args: ({ refused }) => ["runs", "show", refused, "-o", "json"] },
    { args: ({ erased }) => ["runs", "show", erased, "--text"], code: 1 }
  ],
  "runs recover": [says0("runs", "recover"), says0("runs", "recover", "-o", "json")],
  "runs erase": [
    { args: ({ refused }) => ["runs", "erase", refused], code: 2 },
    { args: ({ refused }) => ["runs", "erase", refused, "--yes"] },
    { args: ({ erased }) => ["runs", "erase", erased, "--yes", "-o", "json"], code: 1 }
  ],
  "session start": [
    { args: () => ["session", "start", "--title", words.typed, "-o", "json"] },
    { args: () => ["session", "start", "--raw", "-f", "-"], stdin: words.prompt, shows: ["answer"] },
    { args: () => ["session", "start", "--mode", "steward", "-p", words.prompt, "-o", "ndjson"], code: 3 },
    { args: () => ["session", "start", "--mode", "steward", "-p", words.prompt, "--audit"], code: 1 },
    { args: () => ["session", "start", "--persona-mode", words.typed], code: 2 }
  ],
  "session continue": [
    { args: ({ session }) => ["session", "continue", session], stdin: words.prompt, shows: ["answer"] },
    {
      args: ({ held }) => ["session", "continue", held.approve[0], "-p", words.prompt, "-o", "json"],
      code: 1
    }
  ],
  "session list": [
    { args: () => ["session", "list"], shows: ["typed"] },
    { args: () => ["session", "list", "-o", "json"] }
  ],
  "session show": [
    { args: ({ session }) => ["session", "show", session, "-o", "json"] },
    { args: ({ session }) => ["session", "show", session, "--text"], shows: ["prompt", "answer"] },
    { args: () => ["session", "show", words.typed], code: 1 }
  ],
  "session status": [
    { args: ({ session }) => ["session", "status", session] },
    { args: () => ["session", "status", words.typed, "-o", "json"], code: 1 }
  ],
  "session mode": [{ args: ({ session }) => ["session", "mode", session, "steward"] }],
  "session title": [{ args: ({ session }) => ["session", "title", session], stdin: words.typed }],
  "session export": [
    { args: ({ session }) => ["session", "export", session] },
    { args: ({ session, out }) => ["session", "export", session, out("snapshot"), "-o", "json"] },
    { args: ({ session, text }) => ["session", "export", session, text], code: 2 }
  ],
  "session import": [
    { args: ({ out }) => ["session", "import", "--snapshot", out("snapshot")] },
    { args: ({ text }) => ["session", "import", "--snapshot", text], code: 1 }
  ],
  "session close": [{ args: ({ session }) => ["session", "close", session, "-o", "json"] }],
  "session erase": [
    { args: ({ session }) => ["session", "erase", session, "--yes"] },
    { args: ({ session }) => ["session", "erase", session], code: 2 }
  ],
  "steward list": [says0("steward", "list"), says0("steward", "list", "-o", "json")],
  "steward show": [
    { args: ({ held }) => ["steward", "show", held.approve[0]], shows: ["answer"] },
    { args: ({ held }) => ["steward", "show", held.edit[0], "-o", "json"], shows: ["answer", "prompt"] },
    { args: () => ["steward", "show", words.typed], code: 1 }
  ],
  "steward approve": [
    { args: ({ held }) => deciding("approve", held), shows: ["answer"] },
    {
      args: ({ held }) => [
        "steward",
        "approve",
        held.close[0],
        "--digest",
        "00000000",
        "--service",
        words.typed
      ],
      code: 1
    }
  ],
  "steward edit": [
    { args: ({ held, text }) => [...deciding("edit", held), "-f", text], shows: ["file"] },
    { args: ({ held, out }) => [...deciding("reject", held).with(1, "edit"), "-f", out("none")], code: 2 }
  ],
  "steward redirect": [{ args: ({ held }) => deciding("redirect", held), stdin: words.prompt, code: 3 }],
  "steward reject": [{ args: ({ held }) => deciding("reject", held) }],
  "steward close": [{ args: ({ held }) => [...deciding("close", held), "-o", "json"] }],
  budgets: [says0("budgets"), says0("budgets", "-o", "json")],
  validate: [says0("validate"), says0("validate", "-o", "json")],
  doctor: [
    // The packaged modes have models that nobody has here.
    { args: () => ["doctor"], code: 1, shows: FOLDERS },
    { args: () => ["doctor", "-o", "json"], code: 1, shows: FOLDERS }
  ],
  invariants: [says0("invariants"), says0("invariants", "-o", "json")],
  greeting: [
    { args: () => ["greeting"], shows: ["persona"] },
    { args: () => ["greeting", "-o", "json"], shows: ["persona"] }
  ],
  about: [
    { args: () => ["about"], shows: FOLDERS },
    { args: () => ["about", "-o", "json"], shows: FOLDERS }
  ],
  // Last of all: from here on the configuration is another one.
  init: [says0("init"), says0("init", "--replace", "-o", "json")],
  trust: [says0("trust"), says0("trust", "-o", "json")]
}

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
      "runtime.yaml": "steward_thresholds: { always: true }\n"
    })
    const temporary = join(where.root, "tmp")
    mkdirSync(temporary)
    const data = join(where.root, words.data)
    const environment = { IO3_DEBUG: "1", IO3_DATA: data, TMPDIR: temporary }
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
    const hold = Effect.map(begin("steward"), ({ run_id, pause }) => [run_id, pause?.digest ?? ""] as const)
    const held = yield* Effect.all(
      { approve: hold, edit: hold, redirect: hold, reject: hold, close: hold },
      { concurrency: 2 }
    )
    const given: Given = {
      session: session ?? "",
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
      for (const [command, ways] of Object.entries(invocations)) {
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
