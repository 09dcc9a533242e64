/** Holds conversations with the real program on a real terminal, as a person would: typing, stopping, coming back. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawnSync } from "node:child_process"
import { bytesUnder, io3, recorded, script, slowly } from "../support/io3.ts"
import { begins, says, scene } from "../support/model.ts"
import { done, piece } from "../support/ollamaTalk.ts"
import { CTRL_C, CTRL_D, ENTER, sit, UP } from "../support/terminal.ts"
import { chunk } from "../support/upstream.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED the conversations: there is no script(1) of util-linux\n")

const rolesOf = (call: { readonly messages: ReadonlyArray<{ role: string; content: string }> } | undefined) =>
  (call?.messages ?? []).slice(1).map(({ role, content }) => `${role}: ${content}`)

describe.skipIf(!there)("io3 chat on a terminal", slowly, () => {
  it.live("streams answers as plain text, remembers them, and says what they cost", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { where, server } = yield* scene((socket, { messages }) => {
        if (messages.length > 2) return void socket.write(says("A second", " answer"))
        socket.write(begins("The \u001b[31msky", "\u001b]52;c;ZXZpbA==\u0007 is"))
        finish = () =>
          socket.write(Buffer.concat([chunk(piece(" blue.")), chunk(done()), Buffer.from("0\r\n\r\n")]))
      })
      const person = yield* sit(where, ["chat"])
      yield* person.sees("A new session · work · executor · /help")
      yield* person.sees("> ")
      yield* person.says("Why is it blue?")
      yield* person.sees("The sky is")
      assert.notInclude(person.raw(), "\u001b[31m")
      assert.notInclude(person.raw(), "ZXZpbA")
      // Typed ahead: it does not show in the answer, and is not lost.
      yield* person.says("And at night?")
      finish()
      yield* person.sees(
        /^ blue\.\nexecutor → ollama writer · 1 of 2 calls · 7 in \/ 3 out · [^\n]+ · run \S+\n/u
      )
      yield* person.sees(/> And at night\?\nA second answer\nexecutor → /u)
      yield* person.types(CTRL_D)
      yield* person.sees("To come back: io3 chat -c\n")
      assert.strictEqual((yield* person.ended).code, 0)
      assert.deepStrictEqual(rolesOf(server.calls[1]), [
        "user: Why is it blue?",
        "assistant: The \u001b[31msky\u001b]52;c;ZXZpbA==\u0007 is blue.",
        "user: And at night?"
      ])
    })
  )

  it.live("stops an answer with Ctrl-C, and not the conversation", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => {
        socket.write(server.calls.length === 1 ? begins("Half an answer") : says("A whole one"))
      })
      const person = yield* sit(where, ["chat"])
      yield* person.sees("> ")
      yield* person.says("first")
      yield* person.sees("Half an answer")
      yield* person.types(CTRL_C)
      yield* person.sees(/^\nRUN_CANCELLED: [^\n]+\n {2}io3 runs show \S+\n/u)
      yield* server.left
      yield* person.sees("> ")
      yield* person.says("second")
      yield* person.sees(/^second\nA whole one\nexecutor → /u)
      yield* person.says("/quit")
      assert.strictEqual((yield* person.ended).code, 0)
      assert.deepStrictEqual(
        (yield* recorded(where)).map(({ standing }) => standing),
        ["released", "cancelled"]
      )
      assert.deepStrictEqual(rolesOf(server.calls[1]), ["user: second"])
    })
  )

  it.live("drops what was typed with Ctrl-C, and leaves with two of them in a row", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An answer")))
      const person = yield* sit(where, ["chat"])
      yield* person.sees("> ")
      yield* person.types("never sent")
      yield* person.types(CTRL_C)
      yield* person.sees("^C\n")
      yield* person.sees("> ")
      yield* person.says('"""')
      yield* person.sees("… ")
      yield* person.types(CTRL_C)
      yield* person.sees("^C\n")
      yield* person.sees("> ")
      yield* person.types(CTRL_C)
      yield* person.sees("To leave, press Ctrl-C again, or Ctrl-D.\n")
      yield* person.sees("> ")
      yield* person.says("asked")
      yield* person.sees("An answer\nexecutor → ")
      // One was long ago.
      yield* person.types(CTRL_C)
      yield* person.sees("To leave, press Ctrl-C again, or Ctrl-D.\n")
      yield* person.types(CTRL_C)
      assert.strictEqual((yield* person.ended).code, 0)
      assert.deepStrictEqual(server.calls.flatMap(rolesOf), ["user: asked"])
    })
  )

  it.live("stops an answer when its terminal is closed, and records that", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(begins("Half an answer")))
      const person = yield* sit(where, ["chat"])
      yield* person.sees("> ")
      yield* person.says("question")
      yield* person.sees("Half an answer")
      yield* person.vanish
      yield* server.left
      yield* Effect.repeat(recorded(where), {
        until: ([record]) => record?.standing === "cancelled",
        schedule: Schedule.spaced("20 millis")
      })
    })
  )

  it.live("takes several lines as one message: continued, between marks, or pasted", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An answer")))
      const person = yield* sit(where, ["chat"])
      const answered = "An answer\nexecutor → "
      yield* person.sees("> ")
      yield* person.says("one \\")
      yield* person.sees("… ")
      yield* person.says("two")
      yield* person.sees(answered)
      yield* person.says('"""')
      yield* person.says("/three")
      yield* person.says('four"""')
      yield* person.sees(answered)
      yield* person.types("\u001b[200~/five\r\n\tsix\u0007\rseven\r\u001b[201~")
      yield* person.sees("seven")
      assert.strictEqual(server.calls.length, 2, "a paste does not send itself")
      yield* person.types(ENTER)
      yield* person.sees(answered)
      // Whatever is in a paste, it sends nothing.
      yield* person.types("\u001b[200~one\u0003two\rthree\r\u001b[201~")
      yield* person.sees("^C\n")
      yield* person.sees("> ")
      yield* person.types("\u001b[200~pasted\u001b[201~ and typed\r")
      yield* person.sees(answered)
      yield* person.types(UP + ENTER)
      yield* person.sees(answered)
      yield* person.types(CTRL_D)
      yield* person.ended
      assert.deepStrictEqual(
        server.calls.map((call) => call.messages.at(-1)?.content),
        ["one \ntwo", "/three\nfour", "/five\n\tsix\nseven", "pasted and typed", "pasted and typed"]
      )
      const everything = Buffer.concat([...bytesUnder(where.root).values()]).toString("latin1")
      assert.notInclude(everything, "pasted and typed", "what was typed is remembered in no file")
    })
  )

  it.live("does what its commands say, and sends none of them", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket, { model }) =>
        socket.write(
          model === "judge"
            ? says('{"decision":"pass","issues":[],"high_risk_claims":[],"suggested_fixes":[]}')
            : says("An answer")
        )
      )
      const person = yield* sit(where, ["chat"])
      yield* person.sees("> ")
      const exchange = Effect.fnUntraced(function* (typed: string, seen: string | RegExp) {
        yield* person.says(typed)
        const text = yield* person.sees(seen)
        yield* person.sees(/(?:steward)?> /u)
        return text
      })
      yield* exchange("/help", "Ctrl-D leaves.")
      yield* exchange("/status", "A new session, not begun yet · work · executor · audit off")
      yield* exchange("/title   Colours ", "Named.")
      yield* exchange("/history", "# Colours\n")
      yield* exchange("/audit on", "Audit is on for the next turns of this chat.")
      yield* exchange("question", "audit passed")
      yield* exchange("/audit off", "Audit is off for the next turns of this chat.")
      yield* exchange("another", "not audited")
      yield* exchange("/undo", "the ledger is append-only")
      yield* exchange("/staus", "Unknown command; did you mean /status?")
      yield* exchange("/mode stewart", "/mode work or /mode steward")
      yield* exchange("/mode steward", "nobody will be asked")
      yield* exchange("/mode", "The mode is steward.")
      yield* exchange("/title Blue", "Named.")
      for (const title of ["x".repeat(201), "\u2060\u2060"])
        yield* exchange(`/title ${title}`, "SESSION_TITLE_INVALID: ")
      yield* exchange("/status", /mode +steward[^]+turns +2 of 50/u)
      yield* exchange("//slash", "An answer\nexecutor →")
      yield* exchange(
        "/history",
        /# Blue\n\n> question\n\nAn answer\n\n> another\n\nAn answer\n\n> \/slash\n\nAn answer\n/u
      )
      yield* person.says("/close")
      yield* person.sees("Closed.\n")
      const { code, stdout } = yield* person.ended
      assert.strictEqual(code, 0)
      assert.notInclude(stdout, "To come back")
      assert.deepStrictEqual(
        server.calls.map(({ model, messages }) => `${model}: ${messages.length}`),
        ["writer: 2", "judge: 2", "writer: 4", "writer: 6"]
      )
      // It is closed: there is nothing to go on with.
      const again = yield* sit(where, ["chat", "-c"])
      yield* again.sees("There is no session to go on with: a new one")
      yield* again.types(CTRL_D)
      assert.strictEqual((yield* again.ended).code, 0)
    })
  )

  it.live("comes back to the session that was used last, and says so", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An answer")))
      const converse = Effect.fnUntraced(function* (
        args: ReadonlyArray<string>,
        begins: string | RegExp,
        prompt: string
      ) {
        const person = yield* sit(where, ["chat", ...args])
        const begun = yield* person.sees(begins)
        yield* person.sees("> ")
        yield* person.says(prompt)
        yield* person.sees("An answer\nexecutor → ")
        yield* person.types(CTRL_D)
        assert.strictEqual((yield* person.ended).code, 0)
        return /[0-9a-f-]{36}/u.exec(begun)?.[0] ?? ""
      })
      yield* converse([], "A new session", "one")
      yield* converse([], "A new session", "two")
      // Who leaves without having asked leaves nothing to come back to.
      const idle = yield* sit(where, ["chat"])
      yield* idle.sees("> ")
      yield* idle.types(CTRL_D)
      yield* idle.ended
      const goesOn = (turns: number) =>
        new RegExp(`Goes on with \\S+ · ${turns} of 50 turns · work · executor`, "u")
      const second = yield* converse(["-c"], goesOn(1), "two again")
      assert.deepStrictEqual(rolesOf(server.calls[2]), [
        "user: two",
        "assistant: An answer",
        "user: two again"
      ])
      assert.strictEqual(yield* converse(["--session-id", second], goesOn(2), "and again"), second)
      const both = yield* io3(where, ["chat", "-c", "--session-id", second])
      assert.deepStrictEqual([both.code, both.stdout], [2, ""])
    })
  )
})
