/** Lists capabilities with the real program, and does their work in the thread that is bundled beside it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"
import type { Order, Reply } from "../../src/adapters/capability/Wire.ts"
import { CapabilitiesOutput } from "../../src/api/results/CapabilityResults.ts"
import { home, io3, parse, program, shell, slowly } from "../support/io3.ts"

const release = dirname(program)

/** What the thread of the release says, order by order. */
const replies = (orders: ReadonlyArray<Order>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Worker(join(release, "capability-worker.js"), { env: {} })),
    (thread) =>
      Effect.forEach(orders, (order) =>
        Effect.promise(async () => {
          thread.postMessage(order)
          const [reply] = await once(thread, "message")
          return reply as Reply
        })
      ),
    (thread) => Effect.promise(() => thread.terminate())
  )

describe("io3 capabilities", slowly, () => {
  it.live("lists them with their bounds, as text and as JSON, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const [text, json, flag, both] = yield* Effect.all(
        [
          io3(where, ["capabilities"]),
          io3(where, ["capabilities", "-o", "json"]),
          io3(where, ["capabilities", "--json"]),
          io3(where, ["capabilities", "--json", "-o", "ndjson"])
        ],
        { concurrency: 2 }
      )
      assert.deepStrictEqual(
        [text, json, flag, both].map(({ code, stderr }) => [code, stderr]),
        Array.from({ length: 4 }, () => [0, ""])
      )
      const { capabilities } = parse(CapabilitiesOutput, json.stdout)
      const [heading, ...lines] = text.stdout.trimEnd().split("\n")
      assert.strictEqual(heading, `Registered capabilities: ${capabilities.length}`)
      assert.strictEqual(lines.length, capabilities.length)
      for (const [index, { id, version, description, bounds }] of capabilities.entries()) {
        for (const fact of [id, ` ${version} `, description, `${bounds.timeout_ms} ms`]) {
          assert.include(lines[index], fact)
        }
        assert.include(
          lines[index],
          `${bounds.max_input_chars} characters in · ${bounds.max_output_chars} out`
        )
      }
      assert.deepStrictEqual(Object.keys(JSON.parse(json.stdout).capabilities[0].bounds), [
        "max_calls",
        "timeout_ms",
        "max_input_chars",
        "max_output_chars",
        "side_effects_allowed"
      ])
      const echo = capabilities.find(({ id }) => id === "cap.text_diff")
      assert.deepStrictEqual(echo?.input_schema["required"], ["before", "after"])
      assert.strictEqual(flag.stdout, json.stdout)
      assert.strictEqual(both.stdout, `${JSON.stringify(JSON.parse(json.stdout))}\n`)
      assert.isFalse(existsSync(where.data))
    })
  )

  it.live("come with a module each in the release, that its thread finds", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const { capabilities } = parse(
        CapabilitiesOutput,
        (yield* io3(where, ["capabilities", "--json"])).stdout
      )
      const modules = readdirSync(release).filter((file) => /^capability-[A-Z]/u.test(file))
      assert.strictEqual(modules.length, capabilities.length)
      const found = yield* Effect.forEach(capabilities, ({ id, version }) =>
        Effect.map(
          replies(
            modules.map((file) => ({
              _tag: "Load",
              call: 1,
              place: { module: pathToFileURL(join(release, file)).href, id, version }
            }))
          ),
          (all) => all.filter((reply) => reply._tag === "Loaded" && reply.loaded).length
        )
      )
      assert.deepStrictEqual(
        found,
        capabilities.map(() => 1)
      )
      const module = pathToFileURL(join(release, "capability-JsonPretty.js")).href
      const [, reply] = yield* replies([
        { _tag: "Load", call: 1, place: { module, id: "cap.json_pretty", version: "1.0" } },
        { _tag: "Perform", call: 2, payload: '{"a":1}', maxOutputChars: 100 }
      ])
      assert.deepInclude(reply, {
        _tag: "Performed",
        performed: {
          _tag: "Answered",
          refused: null,
          output: { text: String.raw`{"pretty":"{\n  \"a\": 1\n}"}`, chars: 29 }
        }
      })
    })
  )

  it.live("keep a program alive while they work, and not after", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const source = (file: string) => JSON.stringify(join(import.meta.dirname, "..", "..", "src", file))
      writeFileSync(
        join(where.folder, "program.ts"),
        `import { Effect, ManagedRuntime } from ${JSON.stringify(import.meta.resolve("effect"))}
        import { capabilities } from ${source("App.ts")}
        import { CapabilityId } from ${source("domain/Ids.ts")}
        import { Capabilities } from ${source("ports/Capability.ts")}
        // Nobody disposes of it.
        const runtime = ManagedRuntime.make(capabilities())
        const ask = Capabilities.use(({ invoke }) => invoke(CapabilityId.make("cap.echo_json"), null))
        console.log((await runtime.runPromise(ask)).ok)`
      )
      const { code, stdout, stderr } = yield* shell(where, `'${process.execPath}' program.ts`)
      assert.deepStrictEqual([code, stdout, stderr], [0, "true\n", ""])
    })
  )
})
