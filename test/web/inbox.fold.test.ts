import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { figuresOf } from "../../src/web/inbox/figures.ts"
import {
  beside,
  countOf,
  empty,
  everything,
  hostOf,
  type Inbox,
  type InboxEvent,
  isOnItsWay,
  latelyOf,
  listOf,
  type Pending,
  step,
  undoable,
  type Wish
} from "../../src/web/inbox/fold.ts"
import { commandOf } from "../../src/web/inbox/triage.ts"

const RUNS = ["a", "b", "c", "d", "e"] as const
type Run = (typeof RUNS)[number]

const pendingOf = (run: Run, session = "s", threshold_key: Pending["threshold_key"] = "always") =>
  ({
    run_id: run,
    session_id: session,
    runbook_run_id: null,
    threshold_key,
    held_at: 300 - run.charCodeAt(0),
    digest: `digest of ${run}`,
    sequence: 7
  }) as unknown as Pending

const decidedBy = (principal: string) =>
  ({ action: "approve", reason: "acceptable", principal, by: "person" }) as const

const wishOf = (run: Run, key: string): Wish => ({
  run,
  key,
  action: "approve",
  reason: "acceptable",
  digest: `digest of ${run}`,
  sequence: 7,
  words: null,
  reviewMillis: 1000
})

/** Everything that can happen, in any order. Keys are made as the page makes them: a new one for each decision. */
const happening = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "listed",
        "held",
        "held",
        "decided",
        "wished",
        "wished",
        "undone",
        "elapsed",
        "elapsed",
        "leaving",
        "again",
        "answered",
        "refused",
        "lost on the way"
      ),
      fc.constantFrom(...RUNS),
      fc.nat({ max: 1 })
    ),
    { maxLength: 60 }
  )
  .map((drawn) => {
    const made = { a: 0, b: 0, c: 0, d: 0, e: 0 }
    return drawn.map(([type, run, back], index): InboxEvent => {
      // The key of the decision before, or of the one before that.
      const key = `${run}${made[run] - back}`
      switch (type) {
        case "listed":
          return { type, pending: RUNS.filter((one) => one !== run || back > 0).map((one) => pendingOf(one)) }
        case "held":
          return { type, pending: pendingOf(run) }
        case "decided":
          return { type, run, decided: decidedBy(`other${index}`) }
        case "wished":
          return { type, wish: wishOf(run, `${run}${++made[run]}`) }
        case "undone":
        case "again":
          return { type, run }
        case "elapsed":
          return { type, key }
        case "answered":
          return { type, key, decided: decidedBy("me") }
        case "refused":
          return { type, key, why: "STEWARD_STALE", retryable: false }
        case "lost on the way":
          return { type: "refused", key, why: "SERVER_UNREACHABLE", retryable: true }
        case "leaving":
          return { type }
      }
    })
  })

interface Moment {
  readonly event: InboxEvent
  readonly before: Inbox
  readonly after: Inbox
  readonly sent: ReadonlyArray<Wish>
}

const lived = (events: ReadonlyArray<InboxEvent>): ReadonlyArray<Moment> => {
  let before = empty
  return events.map((event) => {
    const { inbox: after, send: sent } = step(before, event)
    const moment = { event, before, after, sent }
    before = after
    return moment
  })
}

const always = (law: (moment: Moment, past: ReadonlyArray<Moment>) => void) =>
  fc.assert(
    fc.property(happening, (events) => {
      const all = lived(events)
      for (const [index, moment] of all.entries()) law(moment, all.slice(0, index))
    }),
    { numRuns: 1500 }
  )

describe("the inbox", () => {
  it("shows what waits once, the oldest first, and never again what was decided", () =>
    always(({ after }, past) => {
      const list = listOf(after, everything)
      assert.strictEqual(new Set(list.map(({ run_id }) => run_id)).size, list.length)
      for (const [index, { held_at }] of list.entries())
        if (index > 0) assert.isAtMost(list[index - 1]!.held_at, held_at)
      for (const { run_id } of list) {
        assert.isFalse(after.told.has(run_id))
        for (const { after: earlier } of past) assert.isFalse(earlier.told.has(run_id))
      }
    }))

  it("sends a decision as it was made, and again only when nobody knows whether it has arrived", () =>
    always(({ before, after, sent, event }, past) => {
      for (const wish of sent) {
        const own = before.own.get(wish.run)
        assert.strictEqual(own?.wish, wish)
        const isFirst = past.every((moment) => !moment.sent.includes(wish))
        assert.strictEqual(own?.phase, isFirst ? "counting" : "unsent", event.type)
        assert.include(isFirst ? ["elapsed", "leaving"] : ["again", "decided", "listed"], event.type)
      }
      // What is on its way is not taken back.
      if (event.type === "undone" && before.own.get(event.run)?.phase === "sending")
        assert.strictEqual(after.own.get(event.run), before.own.get(event.run))
    }))

  it("loses no decision: each was taken back, was sent, or is told to have changed nothing", () =>
    always(({ event, before, after, sent }) => {
      for (const [run, own] of before.own) {
        if (own.phase !== "counting") continue
        const now = after.own.get(run)
        if (now === own) continue
        if (now === undefined) assert.deepStrictEqual(event, { type: "undone", run })
        else if (now.phase === "lost") assert.isTrue(after.told.has(run))
        else assert.isTrue(sent.includes(own.wish))
      }
    }))

  it("leaves nothing behind that could still be taken back", () =>
    always(({ event, after, before, sent }) => {
      if (event.type !== "leaving") return
      assert.isNull(undoable(after))
      assert.strictEqual(
        sent.length,
        [...before.own.values()].filter(({ phase }) => phase === "counting").length
      )
    }))

  it("lets nobody decide twice at once, nor about what does not wait", () =>
    always(({ event, before, after }) => {
      if (event.type !== "wished") return
      const { wish } = event
      const may = before.waiting.has(wish.run) && !isOnItsWay(before.own.get(wish.run))
      assert.strictEqual(after.own.get(wish.run)?.wish === wish, may)
    }))

  it("believes the first who says who decided, but for the answer to its own decision", () =>
    always(({ event, before, after }) => {
      for (const [run, { decided }] of before.told) {
        const now = after.told.get(run)
        assert.isDefined(now)
        const isOwn = event.type === "answered" && now?.mine === true
        const isNew = event.type === "decided" && event.run === run
        if (!isOwn) assert.strictEqual(now?.decided, decided ?? (isNew ? event.decided : null))
      }
    }))

  it("counts what waits for somebody, and not what is decided here and on its way", () =>
    always(({ after }) => {
      const undecided = [...after.waiting.keys()].filter((run) => !isOnItsWay(after.own.get(run)))
      assert.strictEqual(countOf(after), undecided.length)
    }))

  it("keeps what a decision said that has changed nothing", () => {
    const words = { ...wishOf("a", "a1"), action: "edit" as const, words: "What I had written" }
    const { inbox } = [
      { type: "listed", pending: [pendingOf("a")] } as const,
      { type: "wished", wish: words } as const,
      { type: "decided", run: "a", decided: decidedBy("alice") } as const
    ].reduce((at, event) => step(at.inbox, event), { inbox: empty, send: [] as ReadonlyArray<Wish> })
    assert.deepStrictEqual(inbox.own.get("a"), { phase: "lost", wish: words, why: null })
    assert.deepInclude(latelyOf(inbox, 1)[0], { run: "a", decided: decidedBy("alice"), mine: false })
  })

  it("asks the server again about a decision that may have arrived, once it hears that there was one", () => {
    const events: ReadonlyArray<InboxEvent> = [
      { type: "listed", pending: [pendingOf("a")] },
      { type: "wished", wish: wishOf("a", "a1") },
      { type: "elapsed", key: "a1" },
      { type: "refused", key: "a1", why: "SERVER_UNREACHABLE", retryable: true },
      { type: "listed", pending: [] }
    ]
    const all = lived(events)
    assert.deepStrictEqual(
      all.map(({ sent }) => sent.map(({ key }) => key)),
      [[], [], ["a1"], [], ["a1"]]
    )
    const { inbox } = step(all.at(-1)!.after, { type: "answered", key: "a1", decided: decidedBy("me") })
    assert.strictEqual(inbox.told.get("a")?.mine, true)
    assert.strictEqual(inbox.own.size, 0)
  })

  it("is filtered by threshold and by what it is part of", () => {
    const pending = [pendingOf("a", "s1"), pendingOf("b", "s2", "audit"), pendingOf("c", "s2")]
    const { inbox } = step(empty, { type: "listed", pending })
    const shown = (filter: Partial<typeof everything>) =>
      listOf(inbox, { ...everything, ...filter }).map(({ run_id }) => String(run_id))
    assert.deepStrictEqual(shown({}), ["c", "b", "a"])
    assert.deepStrictEqual(shown({ threshold: "audit" }), ["b"])
    assert.deepStrictEqual(shown({ host: "s2" }), ["c", "b"])
    assert.deepStrictEqual(shown({ host: "s1", threshold: "audit" }), [])
    assert.strictEqual(
      hostOf({ ...pendingOf("a"), session_id: null, runbook_run_id: "book" as never }),
      "book"
    )
    const list = listOf(inbox, everything)
    assert.deepStrictEqual(
      [
        beside(list, null, 1),
        beside(list, "c", 1),
        beside(list, "c", -1),
        beside(list, "a", 1),
        beside([], null, 1)
      ],
      ["c", "b", "c", "a", null]
    )
  })
})

describe("the figures of one's own decisions", () => {
  it("are the shares and the middle", () => {
    assert.isNull(figuresOf([]))
    const made = [
      { action: "approve", reviewMillis: 500 },
      { action: "edit", reviewMillis: 4000 },
      { action: "approve", reviewMillis: 3000 },
      { action: "close", reviewMillis: 90_000 }
    ] as const
    assert.deepStrictEqual(figuresOf(made), { decided: 4, overrides: 0.5, medianMillis: 3500, hasty: 0.25 })
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (times) => {
        const figures = figuresOf(times.map((reviewMillis) => ({ action: "approve", reviewMillis })))!
        const below = times.filter((time) => time < figures.medianMillis).length
        const above = times.filter((time) => time > figures.medianMillis).length
        assert.isAtMost(Math.max(below, above), times.length / 2)
        assert.strictEqual(figures.overrides, 0)
      })
    )
  })
})

describe("a key", () => {
  const pressed = { isModified: false, isRepeated: false, focus: "none" } as const
  it("means something only where nobody writes, and what is held down decides nothing", () => {
    assert.deepStrictEqual(
      ["j", "k", "o", "a", "e", "r", "x", "c", "u", "?", "q"].map((key) => commandOf({ ...pressed, key })),
      ["next", "previous", "open", "approve", "edit", "redirect", "reject", "close", "undo", "help", null]
    )
    fc.assert(
      fc.property(fc.constantFrom(..."jkoaerxcu?", "Enter", "Escape"), (key) => {
        assert.isNull(commandOf({ ...pressed, key, focus: "field" }))
        assert.isNull(commandOf({ ...pressed, key, isModified: true }))
        const held = commandOf({ ...pressed, key, isRepeated: true })
        if (held !== null) assert.include(["next", "previous"], held)
      })
    )
    assert.isNull(commandOf({ ...pressed, key: "Enter", focus: "control" }))
    assert.strictEqual(commandOf({ ...pressed, key: "Enter" }), "open")
  })
})
