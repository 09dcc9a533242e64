/** What a page shows, asked of the real server: lineage, facts after a refresh, titles, long histories, and the inbox as it changes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import {
  PastOutput,
  SessionOutput,
  SessionsOutput,
  TitlesOutput,
  TranscriptOutput
} from "../../src/api/results/SessionResults.ts"
import type { AcceptedLine } from "../../src/api/results/RunResults.ts"
import { DecisionOutput, InboxOutput, ViewOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { io3, parse, slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { type Event, served } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"

const always = "steward_thresholds: { always: true }\n"
const only = (all: ReadonlyArray<Event>, name: string) => all.filter(({ event }) => event === name)

describe("a page", slowly, () => {
  it.live("edits and sends again, and asks for another answer, in place of a turn", () =>
    Effect.gen(function* () {
      const { where, server, decoded, refused, events } = yield* served((socket) =>
        socket.write(says("canary"))
      )
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const path = `/session/${session_id}`
      const turn = (body: object) => decoded(TurnOutput, 200, "POST", `${path}/turn`, body)
      yield* turn({ prompt: "one" })
      yield* turn({ prompt: "two" })
      const told = yield* events(`${path}/turn`, {
        method: "POST",
        body: { prompt: "two, again", instead_of: 1 }
      })
      assert.strictEqual(told[0]?.data["instead_of"], 1)
      const asked = JSON.stringify(server.calls.at(-1)?.messages)
      assert.include(asked, "two, again")
      assert.notInclude(asked, '"two"')
      const once = yield* io3(where, [
        "session",
        "continue",
        session_id,
        "--instead-of",
        "0",
        "--prompt",
        "one, again",
        "-o",
        "json"
      ])
      assert.strictEqual(once.code, 0, once.stderr)
      const { turns } = yield* decoded(PastOutput, 200, "GET", path)
      assert.deepStrictEqual(
        turns.map(({ instead_of, facts }) => [instead_of, facts?.history]),
        [
          [null, { turns: 0, dropped: 0 }],
          [null, { turns: 1, dropped: 0 }],
          [1, { turns: 1, dropped: 0 }],
          [0, { turns: 0, dropped: 0 }]
        ]
      )
      const missing = yield* refused(404, "POST", `${path}/turn`, { prompt: "x", instead_of: 4 })
      assert.deepInclude(missing, { code: "TURN_NOT_FOUND", session_id })
      for (const instead_of of [-1, 0.5, "0", null]) {
        const wrong = yield* refused(400, "POST", `${path}/turn`, { prompt: "x", instead_of })
        assert.strictEqual(wrong.code, "REQUEST_INVALID")
      }
      const shown = yield* io3(where, ["session", "show", session_id])
      assert.match(shown.stdout, /in place of 1/u)
      const verified = yield* io3(where, ["ledger", "verify", "--texts", "-o", "json"])
      assert.isNull(parse(Verification, verified.stdout).broken)
    })
  )

  it.live("shows the same facts of an answer while it comes and after a refresh", () =>
    Effect.gen(function* () {
      const { decoded, events } = yield* served((socket) => socket.write(says("canary")))
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const path = `/session/${session_id}`
      const whole = yield* decoded(TurnOutput, 200, "POST", `${path}/turn`, { prompt: "one" })
      const told = yield* events(`${path}/turn`, { method: "POST", body: { prompt: "two" } })
      const { turns } = yield* decoded(TranscriptOutput, 200, "GET", `${path}/history`)
      const [first, second] = turns
      assert.deepStrictEqual(first?.facts, whole.facts)
      assert.deepStrictEqual(second?.facts, only(told, "turn_completed")[0]?.data["facts"])
      assert.deepInclude(whole.facts, {
        audit: false,
        verdict: null,
        calls: 1,
        calls_certified: 2,
        history: { turns: 0, dropped: 0 },
        memory_context: null
      })
      assert.deepStrictEqual<unknown>([whole.facts.provider, whole.facts.model], ["ollama", "writer"])
      assert.isAtMost(whole.facts.first_token_ms ?? Infinity, whole.facts.latency_ms ?? 0)
    })
  )

  it.live("keeps what was certified, named and decided, of a turn that let nothing out as it was", () =>
    Effect.gen(function* () {
      const issues = [{ code: "unsafe", severity: 3 }] as const
      const rejection = { decision: "reject", issues, high_risk_claims: ["canary"], suggested_fixes: [] }
      const { decoded, events } = yield* served((socket, { model, messages }) => {
        if (model !== "judge") return void socket.write(says("canary"))
        const isAsked = JSON.stringify(messages).includes("unclear")
        socket.write(says(isAsked ? "canary, no verdict" : JSON.stringify(rejection)))
      }, always)
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const path = `/session/${session_id}`
      const ask = (prompt: string) =>
        events(`${path}/turn`, { method: "POST", body: { prompt, audit: true } })
      const told = [yield* ask("one"), yield* ask("unclear")]
      const { turns } = yield* decoded(TranscriptOutput, 200, "GET", `${path}/history`)
      for (const [at, { facts, receipt }] of turns.entries()) {
        const accepted = only(told[at]!, "turn_started")[0]?.data["accepted"] as typeof AcceptedLine.Type
        assert.isNull(receipt)
        assert.isAbove(accepted.certificate.calls, 1)
        assert.deepStrictEqual(facts?.certificate, accepted.certificate)
        assert.deepStrictEqual<unknown>(facts, only(told[at]!, "turn_completed")[0]?.data["facts"])
        assert.notInclude(JSON.stringify(facts), "canary")
      }
      const [rejected, unclear] = turns
      assert.deepStrictEqual(rejected?.facts?.verdict?.issues, issues)
      assert.deepInclude(rejected?.facts, { unavailable: null, decided: null })
      assert.deepInclude(unclear?.facts, { verdict: null, unaudited: true, unavailable: "unparsable" })
    })
  )

  it.live("lists sessions by their titles, as far as texts may leave", () =>
    Effect.gen(function* () {
      const { where, decoded, refused } = yield* served((socket) => socket.write(says("canary")))
      for (const title of ["First", undefined, "Third"])
        yield* decoded(SessionOutput, 201, "POST", "/session/start", title === undefined ? {} : { title })
      const ids = (yield* decoded(SessionsOutput, 200, "GET", "/session")).sessions.map(
        ({ session_id }) => session_id
      )
      const all = yield* decoded(TitlesOutput, 200, "GET", "/session/titles")
      assert.deepStrictEqual(all, {
        titles: ids.map((session_id, at) => ({ session_id, title: ["Third", null, "First"][at] ?? null })),
        next: null
      })
      const page = yield* decoded(TitlesOutput, 200, "GET", "/session/titles?limit=2")
      const rest = yield* decoded(TitlesOutput, 200, "GET", `/session/titles?limit=2&cursor=${page.next}`)
      assert.deepStrictEqual([...page.titles, ...rest.titles], all.titles)
      assert.isNull(rest.next)
      yield* decoded(SessionOutput, 200, "PATCH", `/session/${ids[1]}`, { title: "Second" })
      const later = yield* decoded(TitlesOutput, 200, "GET", "/session/titles")
      assert.strictEqual(later.titles[1]?.title, "Second")
      // What nobody would see names nothing.
      for (const title of ["", " \n", "\u200b\u2060\u3164"]) {
        const unseen = yield* refused(400, "PATCH", `/session/${ids[1]}`, { title })
        assert.strictEqual(unseen.code, "SESSION_TITLE_INVALID")
      }
      const viewer = yield* tokensIn(where).issue("carol", "viewer")
      const mine = yield* refused(403, "GET", "/session/titles", undefined, viewer.headers)
      assert.strictEqual(mine.code, "ROLE_FORBIDDEN")
    })
  )

  it.live("has no title where no text may leave", () =>
    Effect.gen(function* () {
      const { refused } = yield* served((socket) => socket.write(says("x")), "content_release: false\n")
      assert.strictEqual((yield* refused(403, "GET", "/session/titles")).code, "CONTENT_RELEASE_DISABLED")
    })
  )

  it.live("turns the pages of a conversation in both directions, and reads what it asks for", () =>
    Effect.gen(function* () {
      const { decoded, refused } = yield* served((socket) => socket.write(says("canary")))
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const path = `/session/${session_id}`
      for (let at = 0; at < 7; at++)
        yield* decoded(TurnOutput, 200, "POST", `${path}/turn`, { prompt: `number ${at}` })
      const pageOf = Effect.fnUntraced(function* (query: string) {
        const { turns, next } = yield* decoded(TranscriptOutput, 200, "GET", `${path}/history${query}`)
        for (const { turn_index, prompt } of turns) assert.strictEqual(prompt, `number ${turn_index}`)
        const past = yield* decoded(PastOutput, 200, "GET", `${path}${query}`)
        assert.deepStrictEqual(
          [past.turns.map(({ turn_index }) => turn_index), past.next],
          [turns.map(({ turn_index }) => turn_index), next]
        )
        return [turns.map(({ turn_index }) => turn_index), next]
      })
      assert.deepStrictEqual(yield* pageOf(""), [[0, 1, 2, 3, 4, 5, 6], null])
      assert.deepStrictEqual(yield* pageOf("?limit=3"), [[4, 5, 6], 4])
      assert.deepStrictEqual(yield* pageOf("?limit=3&before=4"), [[1, 2, 3], 1])
      assert.deepStrictEqual(yield* pageOf("?limit=3&before=1"), [[0], null])
      assert.deepStrictEqual(yield* pageOf("?after=4"), [[5, 6], null])
      assert.deepStrictEqual(yield* pageOf("?after=0&limit=2"), [[1, 2], 2])
      assert.deepStrictEqual(yield* pageOf("?after=1&before=4"), [[2, 3], null])
      assert.deepStrictEqual(yield* pageOf("?after=6"), [[], null])
      assert.deepStrictEqual(yield* pageOf("?before=0"), [[], null])
      assert.deepStrictEqual(yield* pageOf("?after=99"), [[], null])
      for (const query of ["?limit=0", "?limit=201", "?before=-1", "?after=x"])
        assert.strictEqual((yield* refused(400, "GET", `${path}/history${query}`)).code, "REQUEST_INVALID")
    })
  )

  it.live("is told of every hold and every decision, in whatever session and by whomever", () =>
    Effect.gen(function* () {
      const { where, ask, decoded, events, watch } = yield* served(
        (socket) => socket.write(says("canary in an answer")),
        always
      )
      const start = { mode: "steward", prompt: "canary asked" }
      const first = yield* decoded(TurnOutput, 202, "POST", "/session/start", start)
      const watching = yield* watch("/steward/stream", {
        until: (_, all) => only(all, "steward_decided").length === 2
      })
      const second = yield* decoded(TurnOutput, 202, "POST", "/session/start", start)
      const steps = [{ mode: "executor", prompt: "canary step" }]
      const third = yield* ask("POST", "/runbook", { runbook: { steps }, session_mode: "steward" })
      assert.strictEqual(third.status, 202)
      const decide = Effect.fnUntraced(function* (run: string, action: string) {
        const { digest, sequence } = yield* decoded(ViewOutput, 200, "GET", `/steward/pending/${run}`)
        const wish = { action, digest, sequence, reason: "tone" }
        yield* decoded(DecisionOutput, 200, "POST", `/steward/pending/${run}/decision`, wish)
      })
      yield* decide(first.run_id, "approve")
      // Another process decides as well.
      const { digest } = yield* decoded(ViewOutput, 200, "GET", `/steward/pending/${second.run_id}`)
      const elsewhere = yield* io3(where, ["steward", "reject", second.run_id, "--digest", digest])
      assert.strictEqual(elsewhere.code, 0, elsewhere.stderr)
      const seen = yield* Fiber.join(watching)
      assert.deepStrictEqual(
        seen.map(({ event, data }) => [event, data["run_id"] ?? null]),
        [
          ["inbox_state", null],
          ["steward_gate_triggered", second.run_id],
          ["steward_gate_triggered", seen[2]?.data["run_id"] ?? assert.fail()],
          ["steward_decided", first.run_id],
          ["steward_decided", second.run_id]
        ]
      )
      const [state, held, step, approved, rejected] = seen
      const { pending } = Schema.decodeUnknownSync(InboxOutput)(state?.data)
      assert.deepStrictEqual(
        pending.map(({ run_id }) => run_id),
        [first.run_id]
      )
      assert.deepInclude(held?.data, {
        session_id: second.session_id,
        runbook_run_id: null,
        threshold_key: "always"
      })
      assert.deepInclude(held?.data["pending"], { run_id: second.run_id, digest })
      assert.deepInclude(step?.data, {
        session_id: null,
        runbook_run_id: (JSON.parse(third.text) as { readonly run_id: string }).run_id
      })
      assert.deepInclude(approved?.data, {
        session_id: first.session_id,
        action: "approve",
        reason: "tone",
        principal: "local",
        by: "person"
      })
      assert.deepInclude(rejected?.data, { session_id: second.session_id, action: "reject" })
      assert.notInclude(JSON.stringify(seen), "canary")
      // Whoever comes again gets the rest, each once, after how it stands by now.
      for (const [at, { id }] of seen.slice(0, -1).entries()) {
        const rest = yield* events("/steward/stream", {
          lastSeen: id,
          until: (_, all) => all.length === seen.length - at
        })
        assert.strictEqual(rest[0]?.event, "inbox_state")
        assert.lengthOf(Schema.decodeUnknownSync(InboxOutput)(rest[0]?.data).pending, 1)
        assert.deepStrictEqual(
          rest.slice(1).map((one) => [one.id, one.event]),
          seen.slice(at + 1).map((one) => [one.id, one.event])
        )
      }
      // A place that there is not is nobody's: how it stands is told, and what comes.
      const lost = yield* events("/steward/stream", { lastSeen: "999999.0", until: () => true })
      assert.strictEqual(lost[0]?.event, "inbox_state")
    })
  )

  it.live("sees what is overdue rejected by itself, while it looks", () =>
    Effect.gen(function* () {
      const { decoded, watch } = yield* served(
        (socket) => socket.write(says("canary")),
        `${always}steward_expiry_seconds: 1\n`
      )
      const watching = yield* watch("/steward/stream", {
        until: ({ event }) => event === "steward_decided"
      })
      const held = yield* decoded(TurnOutput, 202, "POST", "/session/start", { mode: "steward", prompt: "x" })
      const seen = yield* Fiber.join(watching)
      assert.deepInclude(seen.at(-1)?.data, {
        run_id: held.run_id,
        action: "reject",
        reason: "expired",
        by: "deadline"
      })
    })
  )

  it.live("shows a steward what was drafted first, and what the auditor has said of it", () =>
    Effect.gen(function* () {
      let drafts = 0
      const { where, decoded } = yield* served((socket, { model }) => {
        if (model === "judge") return void socket.write(remarks)
        socket.write(says(drafts++ === 0 ? "canary first" : "canary second"))
      }, always)
      const start = { mode: "steward", audit: true, prompt: "one" }
      const held = yield* decoded(TurnOutput, 202, "POST", "/session/start", start)
      assert.deepInclude(held.facts, { revised: true, calls: 3, calls_certified: 4, audit: true })
      assert.strictEqual(held.facts.verdict?.decision, "needs_work")
      assert.notInclude(JSON.stringify(held), "canary")
      const path = `/steward/pending/${held.run_id}`
      const view = yield* decoded(ViewOutput, 200, "GET", path)
      assert.deepInclude(view, {
        message: "canary second",
        draft: "canary first",
        issues: [{ code: "factual_error", severity: 2 }],
        high_risk_claims: ["canary claim"],
        suggested_fixes: ["canary fix"]
      })
      const { digest, sequence } = view
      const shown = yield* io3(where, ["steward", "show", held.run_id, "-o", "json"])
      const said = parse(ViewOutput, shown.stdout)
      assert.deepStrictEqual([said.draft, said.suggested_fixes], ["canary first", ["canary fix"]])
      const wish = { action: "approve", digest, sequence }
      const decided = yield* decoded(DecisionOutput, 200, "POST", `${path}/decision`, wish)
      // What is let out is the answer: not what it was decided by.
      assert.strictEqual(decided.message, "canary second")
      const { turns } = yield* decoded(TranscriptOutput, 200, "GET", `/session/${held.session_id}/history`)
      assert.notInclude(JSON.stringify(turns), "canary first")
      assert.notInclude(JSON.stringify(turns), "canary claim")
      assert.strictEqual(turns[0]?.facts?.decided, "approve")
      const verified = yield* io3(where, ["ledger", "verify", "--texts", "-o", "json"])
      assert.isNull(parse(Verification, verified.stdout).broken)
    })
  )
})

const remarks = says(
  JSON.stringify({
    decision: "needs_work",
    issues: [{ code: "factual_error", severity: 2 }],
    high_risk_claims: ["canary claim"],
    suggested_fixes: ["canary fix"]
  })
)
