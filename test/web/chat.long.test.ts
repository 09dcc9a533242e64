/** Scrolls through a conversation of 5,000 messages, and reads an answer of a megabyte. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { chatting, Chromium, hands } from "../support/chatting.ts"
import { program, shows, visit } from "../support/browser.ts"
import { slowly } from "../support/io3.ts"
import { LONG, tellLong } from "../support/longConversation.ts"

const TURNS = 2500
/** So many elements are there at most, of any conversation. */
const MOST = 3000

/** What runs in the page is text here: it knows what a page knows. */
const inPage =
  <A>(script: string) =>
  (page: Page): Promise<A> =>
    page.evaluate(script) as Promise<A>

const nodes = inPage<number>(`document.querySelectorAll("*").length`)
const first = inPage<string | undefined>(`document.querySelector(".turn")?.getAttribute("aria-label")`)
const inSight = inPage<ReadonlyArray<number>>(`(() => {
  const log = document.querySelector(".log").getBoundingClientRect()
  return [...document.querySelectorAll(".turn")]
    .filter((turn) => {
      const { top, bottom } = turn.getBoundingClientRect()
      return bottom > log.top && top < log.bottom
    })
    .map((turn) => Number(turn.getAttribute("aria-label").split(" ")[1]))
})()`)
const scrollTop = inPage<number>(`document.querySelector(".log").scrollTop`)
const gap = inPage<number>(`(() => {
  const log = document.querySelector(".log")
  return Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)
})()`)
const scrollTo = (where: string) =>
  inPage<number>(`(() => {
    const log = document.querySelector(".log")
    return (log.scrollTop = ${where})
  })()`)
/** Goes up for as long as there is more, and says how long the page has not answered at most. */
const goUp = inPage<number>(`(async () => {
  const log = document.querySelector(".log")
  let longest = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
  }).observe({ entryTypes: ["longtask"] })
  for (let step = 0; step < 2000; step++) {
    log.scrollTop = Math.max(0, log.scrollTop - 8000)
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
    if (document.querySelector(".turn")?.getAttribute("aria-label") === "Turn 1") break
  }
  return longest
})()`)
const twoFrames = inPage<void>(
  `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))`
)

describe.skipIf(program === undefined)("a long conversation", slowly, () => {
  layer(Chromium.layer, { excludeTestServices: true })((it) => {
    it.effect("has in the page what is near, is read further where somebody goes, and keeps its place", () =>
      Effect.gen(function* () {
        const { url } = yield* chatting()
        const page = yield* visit(yield* Chromium, `${url}/#/chat/${LONG}`, { prepare: tellLong(TURNS) })
        const { does, sees, press } = hands(page)
        yield* sees(`Question ${TURNS - 1}`)
        yield* shows(
          () => inSight(page),
          (seen) => seen.includes(TURNS)
        )
        assert.isBelow(yield* does(nodes), MOST)

        // As far up as it takes to have read all of it.
        yield* Effect.logDebug(`the page did not answer for ${yield* does(goUp)} ms at most`)
        yield* shows(
          () => first(page),
          (label) => label === "Turn 1"
        )
        assert.isBelow(yield* does(nodes), MOST)

        // Somewhere in the middle, nothing moves by itself, and no place is empty or out of order.
        yield* does(scrollTo("log.scrollHeight / 2"))
        const seen = yield* shows(
          () => inSight(page),
          (turns) => turns.length > 0 && turns[0]! > 100
        )
        for (const [at, turn] of seen.entries()) assert.strictEqual(turn, seen[0]! + at)
        const before = yield* does(inSight)
        for (let time = 0; time < 5; time++) yield* does(twoFrames)
        assert.deepStrictEqual(yield* does(inSight), before)

        yield* press("Jump to the latest")
        yield* shows(
          () => inSight(page),
          (turns) => turns.includes(TURNS)
        )
        assert.isBelow(yield* does(nodes), MOST)
      })
    )

    it.effect("stays at its end while an answer grows, and where somebody reads when they do not", () =>
      Effect.gen(function* () {
        const { url, speaking } = yield* chatting()
        const page = yield* visit(yield* Chromium, url)
        const { ask, sees, does, over } = hands(page)
        yield* ask("Tell me slowly")
        const speaker = yield* speaking
        yield* sees("Word by word")
        const lines = (from: number) =>
          Array.from({ length: 40 }, (_, at) => `line ${from + at}\n\n`).join("")
        speaker.say(`\n\n${lines(0)}`)
        yield* sees("line 39")
        yield* shows(
          () => gap(page),
          (rest) => rest <= 1
        )
        yield* does(scrollTo("200"))
        yield* sees("Jump to the latest")
        speaker.say(lines(40))
        yield* shows(
          () => page.getByText("line 79").count(),
          (count) => count === 1
        )
        assert.strictEqual(yield* does(scrollTop), 200)
        speaker.end()
        yield* over
      })
    )

    it.effect("is answered at length: a megabyte is read in pieces, and the page answers meanwhile", () =>
      Effect.gen(function* () {
        const piece = "A line of *words* with `code` and **more** of it, to be read by nobody.\n\n"
        const { url } = yield* chatting("", () => piece.repeat(14_000))
        const page = yield* visit(yield* Chromium, url)
        const { ask, over, does, message } = hands(page)
        yield* ask("At length, please")
        yield* over
        yield* does(() => message.fill("still here"))
        yield* shows(
          () => page.locator(".markdown p").count(),
          (count) => count === 14_000
        )
        assert.strictEqual(yield* does(() => message.inputValue()), "still here")
      })
    )
  })
})
