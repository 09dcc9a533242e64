/** Has the real program hold an answer on a terminal while somebody else decides: nothing of it is there before. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { spawnSync } from "node:child_process"
import { runtime } from "../../src/App.ts"
import { ChatLine } from "../../src/cli/chat/ChatResults.ts"
import { ViewOutput } from "../../src/api/results/StewardResults.ts"
import { Steward, type View, type Wish } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import { Mode, Principal } from "../../src/domain/Ids.ts"
import { optionsOf } from "../support/installation.ts"
import {
  bytesUnder,
  configure,
  type Home,
  io3,
  parse,
  recorded,
  script,
  slowly,
  until
} from "../support/io3.ts"
import { configuration, says, scene } from "../support/model.ts"
import { CTRL_D, ENTER, sit } from "../support/terminal.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED the held conversations: there is no script(1) of util-linux\n")

const ALWAYS = "steward_thresholds:\n  always: true\n"
const DRAFT = ["cinna", "bar-", "umbra"]
const principal = Principal.make("anna")

const held = Effect.fnUntraced(function* (runtimeFile = ALWAYS) {
  const { where, server } = yield* scene((socket) => socket.write(says(...DRAFT)))
  yield* configure(where.userConfig, { ...configuration(server), "runtime.yaml": runtimeFile })
  return { where, server }
})

/** Decides the one turn that is held, as another process would: with a runtime of its own on the same journal. */
const decide = (where: Home, wish: (view: View) => Pick<Wish, "action" | "reason"> & Partial<Wish>) =>
  Steward.use((steward) =>
    Effect.gen(function* () {
      const [pending] = yield* steward.pending
      const run = pending?.run ?? assert.fail("nothing is held")
      const view = yield* steward.show(run, principal)
      const { digest, sequence } = view.pending
      const about = { turn: run, principal, by: "person", digest, sequence } as const
      yield* steward.decide({ ...about, ...wish(view) } as Wish)
      return view.text.text
    })
  ).pipe(Effect.provide(Layer.fresh(runtime(optionsOf({ ...where, environment: {} })))), Effect.orDie)

const asking = Effect.fnUntraced(function* (where: Home) {
  const person = yield* sit(where, ["chat", "--mode", "steward"])
  yield* person.sees("steward> ")
  yield* person.says("question")
  const seen = yield* person.sees(
    /Held for a steward \(always: each answer\)\. Nothing [^\n]+\n {2}io3 steward show \S+\nEnter alone [^\n]+\n/u
  )
  yield* person.sees("steward> ")
  return { person, run: /show (\S+)/u.exec(seen)?.[1] ?? "" }
})

describe.skipIf(!there)("a held turn of io3 chat", slowly, () => {
  it.live("shows not one letter of the draft before it is approved elsewhere, and then all of it", () =>
    Effect.gen(function* () {
      const { where, server } = yield* held()
      const { person, run } = yield* asking(where)
      assert.strictEqual((yield* recorded(where))[0]?.run, run)
      yield* person.types(ENTER)
      yield* person.sees("Held for a steward")
      yield* person.sees("steward> ")
      yield* person.says("too early")
      yield* person.sees("Not sent: the turn before is not decided yet.\nHeld for a steward")
      yield* person.sees("steward> ")
      const everything = () => Buffer.concat([...bytesUnder(where.root).values()]).toString("latin1")
      for (const piece of DRAFT) assert.notInclude(person.raw() + everything(), piece)
      assert.strictEqual(server.calls.length, 1)

      // As the notice says.
      const shown = yield* io3(where, ["steward", "show", run, "-o", "json"])
      const { digest, message } = parse(ViewOutput, shown.stdout)
      assert.strictEqual(message, DRAFT.join(""))
      const approved = yield* io3(where, ["steward", "approve", run, "--digest", digest])
      assert.deepStrictEqual([approved.code, approved.stdout], [0, `${message}\n`])
      for (const piece of DRAFT) assert.notInclude(person.raw() + everything(), piece)
      yield* person.types(ENTER)
      yield* person.sees(/A steward let the answer out:\ncinnabar-umbra\nexecutor → [^\n]+\n/u)
      yield* person.sees("steward> ")
      yield* person.types(ENTER)
      yield* person.sees("steward> ")
      assert.strictEqual(person.screen().match(/cinnabar-umbra/gu)?.length, 1, "once")
      yield* person.types(CTRL_D)
      assert.strictEqual((yield* person.ended).code, 0, "nothing is held any more")
    })
  )

  it.live("says that it was rejected, or shows what left in its place, with the next message", () =>
    Effect.gen(function* () {
      const { where, server } = yield* held()
      const { person } = yield* asking(where)
      yield* decide(where, () => ({ action: "reject", reason: "tone" }))
      yield* person.says("again")
      yield* person.sees(/STEWARD_REJECTED: [^\n]+\n {2}io3 runs show \S+\nHeld for a steward/u)
      yield* person.sees("steward> ")
      yield* decide(where, () => ({ action: "edit", reason: "incorrect", text: Content.of("vermilion") }))
      yield* person.says("and on")
      yield* person.sees(
        /A steward let another text out in place of the answer:\nvermilion\n[^]+Held for a steward/u
      )
      for (const piece of DRAFT) assert.notInclude(person.raw(), piece)
      assert.deepStrictEqual(
        server.calls[2]?.messages.slice(1).map(({ content }) => content),
        ["again", "vermilion", "and on"]
      )
      yield* person.sees("steward> ")
      yield* decide(where, () => ({
        action: "redirect",
        reason: "off_task",
        request: {
          mode: Mode.make("executor"),
          prompt: Content.of("something else"),
          file: null,
          capability: null,
          packs: null,
          audit: false,
          principal,
          surface: "cli",
          checks: { constellation: true, health: true }
        }
      }))
      yield* decide(where, () => ({ action: "approve", reason: "acceptable" }))
      yield* person.types(ENTER)
      yield* person.sees(/STEWARD_REDIRECTED: [^]+A steward let the answer out:\ncinnabar-umbra\n/u)
      yield* person.sees("steward> ")
      yield* person.says("the last")
      yield* person.sees("Held for a steward")
      yield* person.sees("steward> ")
      yield* person.types(CTRL_D)
      assert.strictEqual((yield* person.ended).code, 3)

      const back = yield* sit(where, ["chat", "-c"])
      yield* back.sees(/Goes on with [^\n]+ · steward · executor[^\n]+\nHeld for a steward/u)
      yield* back.sees("steward> ")
      yield* back.says("/close")
      yield* back.sees("Closed; the answer that was held is discarded.")
      assert.strictEqual((yield* back.ended).code, 0)
    })
  )

  it.live("rejects it by itself once its time is over", () =>
    Effect.gen(function* () {
      const { where } = yield* held(`${ALWAYS}steward_expiry_seconds: 1\n`)
      const { person } = yield* asking(where)
      let at = 0
      // Enter is free: whoever waits may press it as often as they like.
      yield* until(() => {
        if (at++ % 20 === 0) person.typesNow(ENTER)
        return person.screen().includes("STEWARD_EXPIRED: ")
      })
      yield* person.types(CTRL_D)
      assert.strictEqual((yield* person.ended).code, 0)
    })
  )

  it.live("exits with 3 in a pipe as well, and says for a program what waits", () =>
    Effect.gen(function* () {
      const { where } = yield* held()
      const chat = ["chat", "--mode", "steward"]
      const [text, json] = yield* Effect.all([
        io3(where, chat, { stdin: "question\n" }),
        io3(where, [...chat, "-o", "json"], { stdin: "question\n" })
      ])
      assert.deepStrictEqual([text.code, text.stdout, json.code, json.stderr], [3, "", 3, ""])
      const line = parse(ChatLine, json.stdout)
      assert.isTrue(line.type === "turn" && line.status === "held" && line.message === undefined)
      assert.isTrue(line.type === "turn" && line.pause?.threshold_key === "always")
      assert.match(text.stderr, /^Held for a steward[^]+io3 steward show \S+\n/u)
    })
  )
})
