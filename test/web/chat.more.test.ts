/** Asks with an audit, a file and a steward in between; comes in by a link, and looks on as a viewer; on a small screen. */
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { InboxOutput } from "../../src/api/results/StewardResults.ts"
import { chatting, Chromium, hands } from "../support/chatting.ts"
import { program, shows, text, visit } from "../support/browser.ts"
import { slowly } from "../support/io3.ts"
import { faultsOf } from "../support/looking.ts"
import { tokensIn } from "../support/tokens.ts"

const refusedOnPurpose = /Failed to load resource/u

describe.skipIf(program === undefined)("the chat", slowly, () => {
  layer(Chromium.layer, { excludeTestServices: true })((it) => {
    it.effect("shows what is held as held, and the answer by itself when a steward lets it out", () =>
      Effect.gen(function* () {
        const {
          url,
          decoded,
          ask: request,
          server
        } = yield* chatting("steward_thresholds: { always: true }\n")
        const page = yield* visit(yield* Chromium, url)
        const { ask, sees, does, over, message } = hands(page)
        yield* does((page) => page.getByLabel("Audit").check())
        yield* does((page) => page.getByRole("group", { name: "Answers" }).getByLabel("may be held").check())
        yield* ask("May this leave?")
        yield* sees("Waits for a steward")
        yield* sees("A person looks at every turn here.")
        assert.strictEqual(yield* does((page) => page.getByText("Answer 1.").count()), 0)
        const { pending } = yield* decoded(InboxOutput, 200, "GET", "/steward/pending")
        const { run_id: run, digest, sequence, tokens } = pending[0]!
        // Whoever asks reads the same sum as whoever decides.
        const cost = text(page, ".head .facts")
        const before = yield* shows(cost, (said) => said.includes(`${tokens} tokens`))
        assert.strictEqual(
          yield* does((page) => page.getByText("Open it in the inbox").getAttribute("href")),
          `#/inbox/${run}`
        )
        yield* does(() => message.fill("written meanwhile"))
        yield* does((page) => page.keyboard.press("Enter"))
        assert.strictEqual(yield* does(() => message.inputValue()), "written meanwhile")
        assert.deepStrictEqual(yield* does((page) => faultsOf(page)), [])
        const decided = yield* request("POST", `/steward/pending/${run}/decision`, {
          action: "approve",
          digest,
          sequence
        })
        assert.strictEqual(decided.status, 200)
        yield* sees("Answer 1.")
        yield* over
        yield* sees("A steward has let it out.")
        assert.strictEqual(
          (yield* shows(cost, (said) => said.includes("1 of"))).replace("1 of", "0 of"),
          before
        )
        const known = (yield* does((page) => page.locator(".known").innerText())).replaceAll("\n", " ")
        assert.match(known, /verdict passed/u)
        assert.match(known, /2 of \d/u)
        yield* does((page) => page.reload())
        yield* over
        yield* shows(
          () => page.locator(".known").innerText(),
          (again) => again.replaceAll("\n", " ") === known
        )
        assert.strictEqual(server.calls.length, 2)
      })
    )

    it.effect("takes a text file along, and says by name why it takes no other", () =>
      Effect.gen(function* () {
        const { url, server } = yield* chatting()
        const page = yield* visit(yield* Chromium, url, { expected: refusedOnPurpose })
        const { ask, sees, does, over } = hands(page)
        const attach = (name: string, buffer: Buffer) =>
          does((page) =>
            page
              .locator("input[type=file]")
              .setInputFiles({ name, mimeType: "application/octet-stream", buffer })
          )
        yield* attach("paper.pdf", Buffer.from("%PDF-1.7\n1 0 obj"))
        yield* sees(/^paper\.pdf is pdf/u)
        yield* attach("large.txt", Buffer.alloc(2 * 1024 * 1024 + 1, "a"))
        yield* sees("large.txt is larger than 2 MiB.")
        yield* attach("bytes.bin", Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]))
        yield* sees(/^bytes\.bin is /u)
        assert.strictEqual(yield* does((page) => page.locator(".attached bdi").count()), 0)
        yield* attach("notes.txt", Buffer.from("The word is petrol."))
        yield* sees("19 characters")
        yield* does((page) => page.reload())
        yield* sees("notes.txt")
        yield* ask("Which word?")
        yield* over
        yield* sees("with a file")
        assert.isTrue(
          server.calls.at(-1)?.messages.some(({ content }) => content.includes("The word is petrol.")) ??
            false
        )
        // Asked again, it is asked with the same file.
        yield* does((page) => page.getByLabel("Answer again").click())
        yield* sees("Answer 2.")
        assert.isTrue(
          server.calls.at(-1)?.messages.some(({ content }) => content.includes("The word is petrol.")) ??
            false
        )
      })
    )

    it.effect("asks once for what comes to nothing, and not again when it is loaded anew", () =>
      Effect.gen(function* () {
        const { url, server } = yield* chatting("context_limit_chars: 4000\n")
        const page = yield* visit(yield* Chromium, url, { expected: refusedOnPurpose })
        const { ask, sees, does, turns, message } = hands(page)
        let asked = 0
        page.on("request", (request) => {
          if (request.method() === "POST" && request.url().endsWith("/turn")) asked++
        })
        yield* ask("word ".repeat(1000))
        yield* sees("CONTEXT_LIMIT_EXCEEDED")
        yield* does((page) => page.reload())
        yield* sees("CONTEXT_LIMIT_EXCEEDED")
        yield* shows(
          () => turns.count(),
          (count) => count === 1
        )
        yield* ask("Few words.")
        yield* sees("Answer 1.")
        assert.deepStrictEqual([asked, yield* does(() => turns.count()), server.calls.length], [2, 2, 1])
        assert.strictEqual(yield* does(() => message.inputValue()), "")
        yield* does((page) => page.goto(`${url}/#/chat/nobodys`))
        yield* sees("There is no such conversation.")
      })
    )

    it.effect("lets in by a link, once, and keeps from asking whoever may only look", () =>
      Effect.gen(function* () {
        const { url, where } = yield* chatting()
        const tokens = tokensIn(where)
        const alice = yield* tokens.issue("alice", "operator")
        const carol = yield* tokens.issue("carol", "viewer")
        const chromium = yield* Chromium
        const secret = yield* tokens.offer(alice.id)
        const one = hands(yield* visit(chromium, `${url}/#/login/${secret}`, { expected: refusedOnPurpose }))
        yield* one.ask("Am I in?")
        yield* one.over
        assert.notInclude(one.page.url(), secret)

        const late = hands(yield* visit(chromium, `${url}/#/login/${secret}`, { expected: refusedOnPurpose }))
        yield* late.sees("This server wants to know who you are")
        yield* late.sees("LOGIN_INVALID")
        assert.deepStrictEqual(yield* late.does((page) => faultsOf(page)), [])
        yield* late.does(async (page) => page.getByLabel("Or paste the link here").fill("nothing"))
        yield* late.press("Enter")
        yield* late.sees("This is no link of io3 token login.")
        const other = yield* tokens.offer(carol.id)
        yield* late.does(async (page) =>
          page.getByLabel("Or paste the link here").fill(`${url}/#/login/${other}`)
        )
        yield* late.press("Enter")
        yield* late.sees("You may look here, not ask: your role is viewer.")

        yield* one.press("Log out")
        yield* one.sees("This server wants to know who you are")
      }).pipe(Effect.scoped)
    )

    it.effect("keeps nothing of somebody for whoever comes after them, and takes a link in an open tab", () =>
      Effect.gen(function* () {
        const { url, where } = yield* chatting()
        const tokens = tokensIn(where)
        const alice = yield* tokens.issue("alice", "operator")
        const bob = yield* tokens.issue("bob", "operator")
        const carol = yield* tokens.issue("carol", "viewer")
        const page = yield* visit(yield* Chromium, `${url}/#/login/${yield* tokens.offer(alice.id)}`, {
          expected: refusedOnPurpose
        })
        const { ask, over, sees, does, press } = hands(page)
        /** As somebody does who has the page open already. */
        const come = Effect.fnUntraced(function* (id: typeof alice.id) {
          const secret = yield* tokens.offer(id)
          yield* does((page) => page.evaluate(`location.hash = "#/login/${secret}"`))
          yield* shows(
            () => Promise.resolve(page.url()),
            (at) => !at.includes(secret)
          )
        })
        const kept = does((page) => page.evaluate("JSON.stringify({ ...sessionStorage })") as Promise<string>)

        yield* ask("Said by alice")
        yield* over
        yield* does((page) => page.getByLabel("Message", { exact: true }).fill("Written by alice"))
        yield* shows(
          () => page.evaluate("JSON.stringify({ ...sessionStorage })") as Promise<string>,
          (all) => all.includes("Written by alice")
        )
        yield* press("Log out")
        yield* sees("This server wants to know who you are")
        assert.notInclude(yield* kept, "alice")
        // The same again, and it is a conversation that goes on.
        yield* come(alice.id)
        yield* does((page) => page.getByRole("link", { name: "Said by alice" }).click())
        yield* sees("Answer 1.")
        yield* ask("Said again")
        yield* over
        yield* does((page) => page.getByLabel("Message", { exact: true }).fill("Written by alice"))
        yield* shows(
          () => page.evaluate("JSON.stringify({ ...sessionStorage })") as Promise<string>,
          (all) => all.includes("Written by alice")
        )
        // Somebody else comes while it is open.
        yield* come(bob.id)
        yield* sees("What is it about?")
        assert.strictEqual(
          yield* does((page) => page.getByLabel("Message", { exact: true }).inputValue()),
          ""
        )
        yield* come(carol.id)
        yield* sees("You may look here, not ask: your role is viewer.")
        assert.notInclude(yield* does((page) => page.locator("body").innerText()), "alice")
        assert.notInclude(yield* kept, "alice")
        // An address that nobody has written leads nowhere, and breaks nothing.
        yield* does((page) => page.evaluate('location.hash = "#/chat/%E0%A4%A"'))
        yield* sees("You may look here, not ask: your role is viewer.")
      }).pipe(Effect.scoped)
    )

    it.effect("is a chat on a small screen too: the list comes when it is asked for", () =>
      Effect.gen(function* () {
        const { url } = yield* chatting()
        const page = yield* visit(yield* Chromium, url, {
          viewport: { width: 320, height: 640 },
          hasTouch: true
        })
        const { ask, over, sees, does } = hands(page)
        // A beginning that nobody would see is no title, and keeps nothing from being asked.
        yield* ask("\u2060\u2060")
        yield* over
        yield* shows(
          () => page.getByRole("heading", { level: 1 }).innerText(),
          (title) => title.startsWith("Untitled, ")
        )
        yield* does((page) => page.goto(`${url}/#/chat`))
        yield* ask("Small words")
        yield* over
        const across = () =>
          does((page) => page.evaluate("document.documentElement.scrollWidth") as Promise<number>)
        assert.isAtMost(yield* across(), 320)
        assert.deepStrictEqual(yield* does((page) => faultsOf(page)), [])
        yield* does((page) => page.keyboard.press("Control+k"))
        yield* does((page) => page.getByRole("searchbox").fill("nobody"))
        yield* sees("No title has these words")
        yield* does((page) => page.getByRole("searchbox").fill("SMALL"))
        yield* does((page) => page.getByRole("link", { name: "Small words" }).waitFor())
        assert.deepStrictEqual(yield* does((page) => faultsOf(page)), [])
        yield* does((page) => page.getByLabel("Rename: Small words").click())
        yield* does((page) => page.getByLabel("Title of the conversation").fill("\u200b\u200b"))
        yield* does((page) => page.keyboard.press("Enter"))
        yield* does((page) => page.getByLabel("Rename: Small words").click())
        yield* does((page) => page.getByLabel("Title of the conversation").fill("Smaller words"))
        yield* does((page) => page.keyboard.press("Enter"))
        yield* does((page) => page.getByRole("searchbox").fill(""))
        yield* does((page) => page.getByRole("link", { name: "Smaller words" }).click())
        yield* shows(
          () => page.getByRole("heading", { level: 1 }).innerText(),
          (title) => title === "Smaller words"
        )
      })
    )
  })
})
