/** Asks the real program who it is and what it says to a visitor, in folders that are empty, in use and broken. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { AboutOutput } from "../../src/cli/about.ts"
import { GreetingOutput } from "../../src/api/results/SystemResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { commands } from "../support/commandTree.ts"
import {
  bytesUnder,
  configure,
  type Home,
  home,
  io3,
  parse,
  slowly,
  startOnTerminal
} from "../support/io3.ts"

const told = (where: Home) =>
  Effect.map(io3(where, ["about", "-o", "json"]), ({ code, stdout, stderr }) => {
    assert.deepStrictEqual([code, stderr], [0, ""])
    return parse(AboutOutput, stdout)
  })

describe("io3 about", slowly, () => {
  it.live("says in an empty folder what is so, and leaves it empty", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const facts = yield* told(where)
      assert.deepStrictEqual(facts.locations, {
        data: where.data,
        journal: join(where.data, "journal.sqlite"),
        user: where.userConfig,
        project: where.projectConfig
      })
      assert.deepStrictEqual(facts.system, {
        node: process.versions.node,
        platform: process.platform,
        architecture: process.arch
      })
      assert.deepStrictEqual([facts.trust, facts.record], ["absent", null])
      assert.deepStrictEqual(facts.providers.map(String), ["null", "ollama", "openai", "anthropic"])
      assert.strictEqual(facts.routing_contract.namespace_mapping.local, "ollama")
      assert.deepStrictEqual(
        [facts.execution_chain[0], facts.execution_chain.at(-1), facts.execution_chain.indexOf("draft") > 0],
        ["setup", "release", true]
      )
      assert.deepStrictEqual(
        facts.commands.map(({ command }) => command).toSorted(),
        [...(yield* commands(where))].toSorted()
      )
      assert.isTrue(facts.commands.every(({ description }) => description !== ""))
      const text = yield* io3(where, ["about"])
      assert.match(text.stdout, /^a run +setup → .* → release$/mu)
      assert.deepStrictEqual([...bytesUnder(where.root).keys()], [])
    })
  )

  it.live("counts what is on record, and touches none of it", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* io3(where, ["--offline", "run", "executor", "-p", "one"])
      yield* io3(where, ["--offline", "session", "start", "-p", "two"])
      const before = bytesUnder(where.root)
      assert.deepStrictEqual((yield* told(where)).record, { runs: 2, sessions: 1 })
      assert.deepStrictEqual(bytesUnder(where.root), before)
    })
  )

  it.live("answers beside a configuration and a journal that nobody can read", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.projectConfig, { "providers.yaml": "providers: [\n" })
      yield* configure(where.userConfig, { "runtime.yaml": "temperature: hot\n" })
      const data = join(where.folder, ".io3")
      mkdirSync(data, { recursive: true })
      writeFileSync(join(data, "journal.sqlite"), "no journal")
      const { trust, record, providers } = yield* told(where)
      assert.deepStrictEqual(
        [trust, record, providers.map(String)],
        ["unreadable", null, ["null", "ollama", "openai", "anthropic"]]
      )
      assert.strictEqual((yield* io3(where, ["greeting"])).code, 2)
    })
  )
})

describe("names that programs may have learnt", slowly, () => {
  it.live("stand for the commands and flags that they stood for", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const [config, shown, before, after] = yield* Effect.forEach(
        [
          ["config"],
          ["config", "show"],
          ["--output", "json", "--config-dir", where.folder, "greeting"],
          ["greeting", "--output", "json", "--config-dir", where.folder]
        ],
        (args) => io3(where, args),
        { concurrency: 2 }
      )
      assert.deepStrictEqual(config, shown)
      assert.deepStrictEqual([before, before?.code], [after, 0])
      const steward = "--offline session start --session-mode steward --persona-mode executor -o json"
      const begun = yield* io3(where, steward.split(" "))
      const { session_id } = parse(SessionOutput, begun.stdout)
      for (const [command, status] of [
        ["status", "active"],
        ["close", "closed"]
      ] as const) {
        const told = yield* io3(where, ["session", command, "--session-id", session_id, "-o", "json"])
        const { session_mode, ...session } = parse(SessionOutput, told.stdout)
        assert.deepStrictEqual([session_mode, session.status], ["steward", status])
      }
      const twice = yield* io3(where, ["session", "status", session_id, "--session-id", session_id])
      assert.deepStrictEqual([twice.code, twice.stderr], [2, "Name one session\n"])
    })
  )
})

describe("io3 greeting", slowly, () => {
  it.live("prints what the nearest layer says, exactly, and nothing that a terminal would obey", () =>
    Effect.gen(function* () {
      const where = yield* home()
      assert.deepStrictEqual(yield* io3(where, ["greeting"]), { code: 0, stdout: "Ready.\n", stderr: "" })
      const greets = (words: string) => ({ "persona.yaml": `identity:\n  greeting: "${words}"\n` })
      yield* configure(where.userConfig, greets("Of the user"))
      assert.strictEqual((yield* io3(where, ["greeting"])).stdout, "Of the user\n")
      yield* configure(where.projectConfig, greets("\\e[31mOf the project \\u202e水"))
      assert.strictEqual((yield* io3(where, ["greeting"])).stdout, "\u001b[31mOf the project \u202e水\n")
      const json = yield* io3(where, ["greeting", "-o", "json"])
      assert.deepStrictEqual(parse(GreetingOutput, json.stdout), {
        greeting: "\u001b[31mOf the project \u202e水"
      })
      assert.notInclude(json.stdout, "\u202e")
      const terminal = yield* (yield* startOnTerminal(where, ["greeting"], { TERM: "xterm" })).ended
      assert.strictEqual(terminal.stdout, "Of the project 水\r\n")
    })
  )

  it.live("says when there is none", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, { "persona.yaml": 'identity: { greeting: " " }\n' })
      const { code, stdout, stderr } = yield* io3(where, ["greeting"])
      assert.deepStrictEqual([code, stdout], [0, ""])
      assert.match(stderr, /^No greeting is configured/u)
      const json = yield* io3(where, ["greeting", "-o", "ndjson"])
      assert.strictEqual(json.stdout, '{"greeting":null}\n')
      assert.isFalse(existsSync(where.data))
    })
  )
})
