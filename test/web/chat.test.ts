/** Talks through the page as a person does: the first words, a stop, a refresh in the middle, two tabs, and a server that dies. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { chatting, Chromium, hands } from "../support/chatting.ts"
import { program, shows, visit } from "../support/browser.ts"
import { slowly } from "../support/io3.ts"

/** A connection that a test breaks is an error in the console. */
const broken = /Failed to load resource/u

describe.skipIf(program === undefined)("the chat", slowly, () => {
  layer(Chromium.layer, { excludeTestServices: true })((it) => {
    it.effect("is begun, stopped, refreshed in the middle, and seen by two tabs at once", () =>
      Effect.gen(function* () {
        const { url, speaking, server } = yield* chatting()
        const page = yield* visit(yield* Chromium, url)
        const one = hands(page)
        yield* one.sees("What is it about?")
        yield* one.ask("What is a *ledger*, and who keeps it?")
        yield* one.sees("Answer 1.")
        yield* one.over
        const address = page.url()
        assert.match(address, /#\/chat\/[\da-f-]{36}$/u)
        const facts = yield* one.does((page) => page.locator(".known").innerText())
        for (const fact of [
          /ollama \/ writer/u,
          /1 of 2/u,
          /7 in \/ 3 out/u,
          /certified at most/u,
          /not audited/u
        ])
          assert.match(facts.replaceAll("\n", " "), fact)
        assert.match(
          (yield* one.does((page) => page.getByText("Ledger").last().getAttribute("href"))) ?? "",
          /^#\/ledger\/[\da-f-]{36}$/u
        )
        yield* one.does((page) =>
          page.getByRole("link", { name: "What is a *ledger*, and who keeps it?" }).waitFor()
        )

        yield* one.ask("Now slowly")
        const first = yield* speaking
        yield* one.sees("Word by word")
        assert.strictEqual(yield* one.does((page) => page.getByRole("log").getAttribute("aria-busy")), "true")
        first.say(", and more")
        yield* one.sees("Word by word, and more")
        yield* one.does((page) => page.keyboard.press("Escape"))
        yield* one.sees("Stopped.")
        yield* server.left

        yield* one.over
        const stopped = (tab: typeof one) => tab.turns.nth(1).locator(".known").innerText()
        const known = yield* shows(
          () => stopped(one),
          (facts) => facts.includes("cut off before its end")
        )
        // Nobody has said what it read and wrote: then nothing is said of it.
        assert.notMatch(known, /tokens|\?/u)
        assert.match(known, /certified at most/u)
        yield* one.ask("Once more slowly")
        const second = yield* speaking
        second.say(" before")
        yield* one.sees("Word by word before")
        yield* one.does((page) => page.reload())
        yield* one.sees("Word by word before")
        const other = hands(yield* one.does((page) => page.context().newPage()))
        yield* other.does((page) => page.goto(address))
        yield* other.sees("Word by word before")
        second.say(" and after")
        for (const tab of [one, other]) yield* tab.sees("Word by word before and after")
        second.end()
        for (const tab of [one, other]) yield* tab.over
        assert.strictEqual(server.calls.length, 3)
        assert.strictEqual(yield* one.does(() => one.turns.count()), 3)
        for (const tab of [one, other]) assert.strictEqual(yield* tab.does(() => stopped(tab)), known)

        yield* other.ask("And from here")
        for (const tab of [one, other]) yield* tab.sees("Answer 4.")
        yield* one.sees("And from here")
      })
    )

    it.effect("begins a line where the model or a steward began one, and reads a character by its name", () =>
      Effect.gen(function* () {
        const answer = [
          "#1: Red\n#2: Blue &amp; white\n#3: *Green*\nand<br>\nmore",
          "- one\n  of two lines\n- two\n  - three\n    and four",
          "| a | b |\n| - | - |\n| 1 | 2 |",
          "```\nfirst\n\nlast\n```",
          "`a &amp;\nb`"
        ].join("\n\n")
        const { url } = yield* chatting("", () => answer)
        const page = yield* visit(yield* Chromium, url)
        const { ask, over, does } = hands(page)
        yield* ask("Which colours?")
        yield* over
        const said = (place: string) => does((page) => page.locator(`.markdown ${place}`).allInnerTexts())
        assert.deepStrictEqual(yield* said("> p"), [
          "#1: Red\n#2: Blue & white\n#3: Green\nand\nmore",
          "a &amp; b"
        ])
        assert.deepStrictEqual(yield* said("li li"), ["three\nand four"])
        assert.deepStrictEqual((yield* said("> ul > li"))[0], "one\nof two lines")
        assert.deepStrictEqual(yield* said("pre"), ["first\n\nlast"])
        assert.deepStrictEqual(yield* said("td"), ["1", "2"])
      })
    )

    it.effect("tells the truth when its server was killed in the middle, and goes on by itself", () =>
      Effect.gen(function* () {
        const { url, speaking, kill, ended, back, server } = yield* chatting()
        const { ask, sees, over, page } = hands(yield* visit(yield* Chromium, url, { expected: broken }))
        yield* ask("Say it slowly")
        ;(yield* speaking).say(" until now")
        yield* sees("Word by word until now")
        kill()
        yield* ended
        yield* sees("The server does not answer.")
        yield* back
        yield* sees("Nobody knows what became of the call.")
        yield* sees("Word by word until now")
        yield* shows(
          () => page.getByText("The server does not answer.").count(),
          (count) => count === 0
        )
        yield* ask("And now?")
        yield* sees("Answer 2.")
        yield* over
        assert.strictEqual(server.calls.length, 2)
      })
    )

    it.effect("keeps what is written through a refresh, until it is sent", () =>
      Effect.gen(function* () {
        const { url } = yield* chatting()
        const { ask, sees, over, does, message, page } = hands(yield* visit(yield* Chromium, url))
        yield* does(() => message.fill("not yet"))
        yield* does((page) => page.reload())
        yield* shows(
          () => message.inputValue(),
          (text) => text === "not yet"
        )
        yield* ask("a first question")
        yield* over
        yield* does(() => message.fill("two\nlines"))
        yield* does((page) => page.getByRole("link", { name: "New conversation" }).click())
        yield* shows(
          () => message.inputValue(),
          (text) => text === ""
        )
        yield* does((page) => page.goBack())
        yield* sees("Answer 1.")
        yield* shows(
          () => message.inputValue(),
          (text) => text === "two\nlines"
        )
        yield* does((page) => page.keyboard.press("Enter"))
        yield* sees("Answer 2.")
        yield* shows(
          () => page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage })") as Promise<string>,
          (kept) => ["two", "question", "not yet"].every((words) => !kept.includes(words))
        )
      })
    )

    it.effect("asks once, though it is not answered and tries again, also after a refresh", () =>
      Effect.gen(function* () {
        const { url, server } = yield* chatting()
        const page = yield* visit(yield* Chromium, url, { expected: broken })
        const { ask, sees, over, turns, press, does } = hands(page)
        yield* ask("a first question")
        yield* over
        const keys: Array<string | undefined> = []
        // The first never comes through; of the second, the answer does not.
        const lost = ["request", "answer"]
        yield* does(() =>
          page.route(/\/turn$/u, async (route) => {
            keys.push(route.request().headers()["idempotency-key"])
            const what = lost.shift()
            if (what === undefined) return route.continue()
            if (what === "answer") await route.fetch()
            await route.abort()
          })
        )
        yield* ask("a second one")
        yield* sees("The server did not answer.")
        yield* does(() => page.reload())
        yield* sees("a second one")
        assert.strictEqual(server.calls.length, 1)
        yield* press("Try again")
        // That it is on record is seen by the page itself.
        yield* sees("Answer 2.")
        yield* shows(
          () => page.locator(".pending").count(),
          (count) => count === 0
        )
        yield* over
        yield* shows(
          () => Promise.resolve(keys.length),
          (count) => count === 3
        )
        assert.strictEqual(new Set(keys).size, 1)
        assert.strictEqual(server.calls.length, 2)
        assert.strictEqual(yield* does(() => turns.count()), 2)
      })
    )

    it.effect("lets what was asked be asked anew: each answer stays, and the newest branch goes on", () =>
      Effect.gen(function* () {
        const { url, server } = yield* chatting()
        const { ask, sees, over, turns, does, page } = hands(yield* visit(yield* Chromium, url))
        yield* ask("one")
        yield* over
        yield* ask("two")
        yield* over
        yield* does(() => turns.last().getByLabel("Answer again").click())
        yield* sees("Answer 3.")
        yield* over
        yield* sees("2 / 2")
        yield* does((page) => page.getByLabel("The alternative before").click())
        yield* sees("Answer 2.")
        yield* sees("An earlier alternative is shown.")
        yield* does((page) => page.getByRole("button", { name: "Show the newest" }).click())
        yield* sees("Answer 3.")

        yield* does((page) => page.getByLabel("Message", { exact: true }).focus())
        yield* does((page) => page.keyboard.press("ArrowUp"))
        yield* does((page) => page.getByLabel("Ask this instead").fill("two, differently"))
        yield* does((page) => page.keyboard.press("Enter"))
        yield* sees("Answer 4.")
        yield* over
        yield* sees("3 / 3")
        assert.deepStrictEqual(
          server.calls.at(-1)?.messages.flatMap(({ role, content }) => (role === "system" ? [] : [content])),
          ["one", "Answer 1.", "two, differently"]
        )
        yield* does(() => page.reload())
        yield* sees("3 / 3")
        assert.deepStrictEqual(yield* does(() => page.locator(".markdown").allInnerTexts()), [
          "Answer 1.",
          "Answer 4."
        ])
      })
    )
  })
})
