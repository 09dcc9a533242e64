/** Holds the picture of a run to what is on record: time goes to the right, nothing overlaps, and the sums are right. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { axisOf, gapsOf, type Interval, ticksOf } from "../../src/web/ledger/axis.ts"
import { layoutOf, linesOf } from "../../src/web/ledger/layout.ts"
import { type Entry, pictureOf, spendingOf } from "../../src/web/ledger/run.ts"
import { sayEvent, sayStep } from "../../src/web/ledger/saying.ts"
import { strings } from "../../src/web/strings.ts"
import { allLives, chronicles } from "../support/chronicles.ts"
import { rowsOf } from "../support/exports.ts"

/** Pauses and work in turns. */
const works = fc
  .array(fc.record({ pause: fc.nat(20_000_000), work: fc.nat(60_000) }), { maxLength: 8 })
  .chain((parts) =>
    fc.record({ parts: fc.constant(parts), rest: fc.nat(10_000_000) }).map(({ parts, rest }) => {
      let at = 0
      const work = parts.map(({ pause, work }): Interval => {
        const from = at + pause
        at = from + work
        return { from, to: at }
      })
      return { work, total: at + rest }
    })
  )

const sum = (intervals: ReadonlyArray<Interval>) =>
  intervals.reduce((all, { from, to }) => all + to - from, 0)

describe("an axis of time", () => {
  it("goes to the right, from one end of the picture to the other", () => {
    fc.assert(
      fc.property(works, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), ({ work, total }, places) => {
        const axis = axisOf(work, total)
        const moments = [0, ...places.map((place) => place * total), total].toSorted((a, b) => a - b)
        const xs = moments.map(axis.at)
        for (const [at, x] of xs.entries()) {
          assert.isAtLeast(x, at === 0 ? 0 : xs[at - 1]! - 1e-9)
          assert.isAtMost(x, 1)
        }
        assert.closeTo(xs.at(-1)!, total === 0 ? 0 : 1, 1e-9)
      })
    )
  })

  it("is whole: its parts follow each other, and what is work is never broken", () => {
    fc.assert(
      fc.property(works, ({ work, total }) => {
        const { pieces } = axisOf(work, total)
        assert.strictEqual(sum(pieces), total)
        for (const [at, { from, x0, x1 }] of pieces.entries()) {
          assert.strictEqual(from, at === 0 ? 0 : pieces[at - 1]!.to)
          assert.closeTo(x0, at === 0 ? 0 : pieces[at - 1]!.x1, 1e-9)
          assert.isAtLeast(x1, x0)
        }
        for (const broken of pieces.filter(({ isBroken }) => isBroken)) {
          for (const { from, to } of work)
            assert.isTrue(to <= broken.from || from >= broken.to || from === to)
          assert.isAbove(broken.to - broken.from, sum(work))
        }
        assert.strictEqual(sum(gapsOf(work, total)) + sum(work), total)
      })
    )
  })

  it("draws work in proportion", () => {
    fc.assert(
      fc.property(works, ({ work, total }) => {
        const axis = axisOf(work, total)
        const rates = work
          .filter(({ from, to }) => to > from)
          .map(({ from, to }) => (axis.at(to) - axis.at(from)) / (to - from))
        for (const rate of rates) assert.closeTo(rate / rates[0]!, 1, 1e-6)
      })
    )
  })

  it("names moments that are apart from each other, and none within a break", () => {
    fc.assert(
      fc.property(works, ({ work, total }) => {
        const axis = axisOf(work, total)
        const ticks = ticksOf(axis, 0.1)
        assert.isAtMost(ticks.length, 11)
        for (const [at, tick] of ticks.entries()) {
          if (at > 0) assert.isAtLeast(axis.at(tick) - axis.at(ticks[at - 1]!), 0.1)
          for (const { from, to, isBroken } of axis.pieces)
            assert.isFalse(isBroken && tick > from && tick < to)
        }
      })
    )
  })
})

const ofLives = Effect.map(chronicles, (all) =>
  [...all].flatMap(([life, chronicle]) => {
    const rows = rowsOf(chronicle)
    const entriesOf = (stream: string) =>
      rows
        .filter((row) => row.stream === stream)
        .map(({ seq, at, payload }) => ({ seq, at, event: JSON.parse(payload) }) as Entry)
    return [...new Set(rows.map(({ stream }) => stream))].map((stream) => ({
      life,
      stream,
      entries: entriesOf(stream)
    }))
  })
)

describe("the picture of a run", () => {
  it.effect("says something of every event that there is", () =>
    Effect.gen(function* () {
      const all = yield* ofLives
      assert.isAbove(all.length, allLives.length)
      for (const { entries } of all) {
        for (const { event } of entries) {
          const { title, facts } = sayEvent(event)
          assert.isTrue(title !== event._tag || event._tag === "Released", title)
          for (const text of [title, ...facts]) assert.notMatch(text, /undefined|null|NaN|\[object/u)
        }
      }
    })
  )

  it.effect("has every event once, each call with its answer, one after the other", () =>
    Effect.gen(function* () {
      let pictures = 0
      for (const { stream, entries } of yield* ofLives) {
        if (!stream.startsWith("run/")) continue
        const picture = pictureOf(entries, null)
        if (picture === null) throw new Error("no picture")
        pictures++
        const tags = entries.map(({ event }) => event._tag)
        const calls = picture.steps.filter(({ kind }) => kind === "call")
        assert.strictEqual(calls.length, tags.filter((tag) => tag === "CallIntended").length)
        const settled = tags.filter((tag) => tag === "CallSettled").length
        assert.strictEqual(picture.steps.length, tags.length - settled)
        for (const [at, { from, to }] of calls.entries()) {
          assert.isAtLeast(from, at === 0 ? 0 : calls[at - 1]!.to)
          assert.isAtLeast(to, from)
        }
        for (const { from, to } of picture.steps) {
          assert.isAtLeast(from, 0)
          assert.isAtMost(to, picture.axis.total)
        }
        for (const width of [240, 320, 900]) {
          const { rows, height, ticks, breaks } = layoutOf(picture, width)
          for (const [at, row] of rows.entries()) {
            assert.isAtLeast(row.x0, 0)
            assert.isAbove(row.x1, row.x0)
            assert.isAtMost(row.x1, width)
            assert.isAbove(row.barY, row.y)
            assert.isAbove(at + 1 < rows.length ? rows[at + 1]!.y : height, row.barY)
          }
          for (const { middle, label } of [...ticks, ...breaks]) {
            assert.isAtLeast(middle - label.length * 3.7, -1)
            assert.isAtMost(middle + label.length * 3.7, width + 1)
          }
        }
      }
      assert.isAbove(pictures, 20)
    })
  )

  it.effect("has spent what its receipt says, and no more than was certified", () =>
    Effect.gen(function* () {
      let receipts = 0
      for (const { entries } of yield* ofLives) {
        const released = entries.map(({ event }) => event).find((event) => event._tag === "Released")
        const spending = spendingOf(entries)
        if (!released || spending.length === 0) continue
        receipts++
        const { usage } = released.receipt
        const spent = Object.fromEntries(spending.map(({ what, spent }) => [what, spent]))
        assert.strictEqual(spent["calls"], usage.calls)
        assert.strictEqual(spent["wallMillis"], usage.latencyMillis)
        for (const { spent, certified } of spending) assert.isAtMost(spent ?? 0, certified)
      }
      assert.isAbove(receipts, 5)
    })
  )

  it.effect("leaves out what nobody knows of a call that was not heard of again", () =>
    Effect.gen(function* () {
      let lost = 0
      for (const { stream, entries } of yield* ofLives) {
        if (!stream.startsWith("run/")) continue
        for (const step of pictureOf(entries, null)!.steps) {
          if (step.kind !== "call" || step.settled?.outcome !== "indeterminate") continue
          lost++
          const { facts } = sayStep(step)
          assert.deepStrictEqual(facts, sayStep({ ...step, to: step.to + 1000 }).facts)
          assert.include(facts, "outcome unknown")
          for (const fact of [...facts, ...sayEvent(step.settled).facts])
            assert.notMatch(fact, /\d ms$|not known/u)
          const spent = Object.fromEntries(spendingOf(entries).map(({ what, spent }) => [what, spent]))
          assert.isNull(spent["wallMillis"])
        }
      }
      assert.isAbove(lost, 0)
    })
  )

  it.effect("breaks a long hold, and says how long it was", () =>
    Effect.gen(function* () {
      const all = yield* ofLives
      const held = all.find(({ entries }) =>
        entries.some(({ event }) => event._tag === "StewardDecided" && event.action === "approve")
      )
      if (!held) throw new Error("no run was held")
      const hours = 5 * 3_600_000
      let isLater = false
      const entries = held.entries.map(({ event, at, seq }) => {
        isLater ||= event._tag === "StewardDecided"
        return { seq, event, at: isLater ? at + hours : at }
      })
      const picture = pictureOf(entries, null)!
      const hold = picture.steps.find(({ kind }) => kind === "hold")!
      assert.isAtLeast(hold.to - hold.from, hours)
      assert.deepInclude(sayStep(hold), { title: strings.ledger.steps.held, tone: "wait" })
      assert.include(sayStep(hold).facts[0], "5 h")
      const broken = picture.axis.pieces.find(({ from, to }) => to - from >= hours)
      assert.isTrue(broken?.isBroken)
      assert.isAtMost(broken!.x1 - broken!.x0, 0.5)
      assert.isTrue(layoutOf(picture, 320).breaks.some(({ label }) => label.startsWith("5 h")))
    })
  )

  it.effect("goes on to now where a run does, and no further where nobody knows", () =>
    Effect.gen(function* () {
      const all = yield* ofLives
      const run = all.find(
        ({ stream, entries }) =>
          stream.startsWith("run/") && entries.some(({ event }) => event._tag === "CallSettled")
      )!
      const begun = run.entries.slice(
        0,
        run.entries.findIndex(({ event }) => event._tag === "CallSettled")
      )
      const last = begun.at(-1)!.at
      const live = pictureOf(begun, last + 7000)!
      assert.isFalse(live.isOver)
      const call = live.steps.at(-1)!
      assert.strictEqual(call.to - call.from, 7000)
      assert.isTrue(layoutOf(live, 320).rows.at(-1)!.isOpen)
      const dead = pictureOf(begun, null)!
      assert.strictEqual(dead.axis.total, last - begun[0]!.at)
    })
  )
})

describe("lines of facts", () => {
  it("lose no letter and stay within their width", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,60}$/u), { maxLength: 8 }),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 240, max: 900 }),
        (facts, first, width) => {
          const lines = linesOf(facts, first, width)
          assert.strictEqual(lines.join("").replaceAll(" · ", ""), facts.join(""))
          for (const [at, line] of lines.entries()) {
            assert.isAtMost(line.length, Math.max(8, Math.floor((at === 0 ? width - first : width) / 7)))
          }
        }
      )
    )
  })
})
