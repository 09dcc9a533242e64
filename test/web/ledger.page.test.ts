/** Holds the ledger's part of the page, in a real browser, to the record that the server has. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { hindrances } from "../support/accessible.ts"
import { act, browser, program, shows, text, visit } from "../support/browser.ts"
import { slowly } from "../support/io3.ts"
import { type Answers, says, verdict } from "../support/model.ts"
import { asking, served } from "../support/served.ts"

/** The judge finds fault with whatever asks for it. */
const answers: Answers = (socket, { model, messages }) => {
  if (model !== "judge") return void socket.write(says("A receipt", " is a record."))
  const isFaulty = messages.some(({ content }) => content.includes("with a fault"))
  socket.write(verdict(isFaulty ? "needs_work" : "pass", isFaulty ? "Say less." : ""))
}

interface Row {
  readonly seq: number
  readonly event: { readonly _tag: string; readonly [member: string]: any }
}

const json = (ask: ReturnType<typeof asking>["ask"], ...args: Parameters<typeof ask>) =>
  Effect.map(ask(...args), ({ text }) => JSON.parse(text) as any)

const begin = Effect.fnUntraced(function* (hash: string, runtime = "") {
  const server = yield* served(answers, runtime)
  const run = (prompt: string, audit = false) =>
    Effect.map(json(server.ask, "POST", "/run", { mode: "executor", prompt, audit }), ({ run_id }) =>
      String(run_id)
    )
  const open = Effect.fnUntraced(function* (path = hash, options: Parameters<typeof visit>[2] = {}) {
    return yield* visit(yield* browser, `${server.url}/${path}`, options)
  })
  return { ...server, run, open }
})

describe.skipIf(program === undefined)("the ledger's part of the page", slowly, () => {
  it.live("shows a run as it is on record: its steps, its bounds and its receipt", () =>
    Effect.gen(function* () {
      const { run, open, ask } = yield* begin("#/ledger")
      const id = yield* run("Something with a fault.", true)
      const { entries } = yield* json(ask, "GET", `/ledger/${id}`)
      const events = (entries as ReadonlyArray<Row>).map(({ event }) => event)
      const page = yield* open()
      yield* act(() => page.getByRole("link", { name: "released" }).click())
      yield* shows(
        () => page.locator(".step-title").allTextContents(),
        (seen) => seen.includes("Released")
      )
      assert.strictEqual(new URL(page.url()).hash, `#/ledger/${id}`)

      const titles = yield* act(() => page.locator(".step-title").allTextContents())
      assert.deepStrictEqual(titles, [
        "Accepted",
        "Route",
        "Context",
        "Bounds certified",
        "Draft",
        "Audit",
        "Verdict",
        "Revision",
        "Released"
      ])
      const bars = yield* act(() =>
        page
          .locator("rect.mark")
          .evaluateAll((all) =>
            all.map((bar) => bar.getBoundingClientRect()).map(({ left, right }) => ({ left, right }))
          )
      )
      const settled = events.filter(({ _tag }) => _tag === "CallSettled")
      assert.strictEqual(bars.length, settled.length)
      for (const [at, { left }] of bars.entries()) if (at > 0) assert.isAtLeast(left, bars[at - 1]!.left)

      assert.match(
        (yield* act(() => page.getByRole("img", { name: /^A run/u }).getAttribute("aria-label"))) ?? "",
        /^A run that was released, in .* with 3 calls of a model\./u
      )
      yield* act(() => page.locator(".as-table summary").click())
      const cells = yield* act(() => page.locator(".as-table tbody tr").allInnerTexts())
      assert.strictEqual(cells.length, titles.length)
      for (const { inputTokens, outputTokens } of settled) {
        assert.isTrue(cells.some((row) => row.includes(`${inputTokens} in / ${outputTokens} out`)))
      }
      assert.include(cells[6], "needs work")

      const certificate = events.find(({ _tag }) => _tag === "BoundsCertified")!["certificate"]
      const meters = yield* act(() =>
        page
          .getByRole("meter")
          .evaluateAll((all) =>
            all.map((one) => [
              one.getAttribute("aria-label"),
              one.getAttribute("aria-valuenow"),
              one.getAttribute("aria-valuemax")
            ])
          )
      )
      const sum = (name: string) => settled.reduce((all, one) => all + one[name], 0)
      assert.deepStrictEqual(meters.slice(0, 3), [
        ["Calls", "3", String(certificate.calls)],
        ["Tokens in", String(sum("inputTokens")), String(certificate.inputTokens)],
        ["Tokens out", String(sum("outputTokens")), String(certificate.outputTokens)]
      ])
      const receipt = events.at(-1)!["receipt"]
      const shown = yield* act(() => page.getByRole("region", { name: "Receipt" }).innerText())
      for (const fact of [receipt.digest, receipt.promptHash, receipt.configDigest])
        assert.include(shown, fact)
    })
  )

  it.live("lists runs of one state, newest first, page by page", () =>
    Effect.gen(function* () {
      const { run, open } = yield* begin("#/ledger")
      const first = yield* run("The first.")
      for (let number = 0; number < 31; number++) yield* run("Another.")
      const page = yield* open()
      const ids = () => page.locator(".run-id").allInnerTexts()
      yield* shows(ids, (seen) => seen.length === 30)
      yield* act(() => page.getByRole("button", { name: "Older runs" }).click())
      const all = yield* shows(ids, (seen) => seen.length === 32)
      assert.strictEqual(all.at(-1), first)
      assert.deepStrictEqual(all, all.toSorted().toReversed())
      yield* act(() => page.getByLabel("State").selectOption("refused"))
      yield* shows(text(page, ".empty"), (seen) => seen.includes("No such runs"))
      yield* act(() => page.getByLabel("State").selectOption("released"))
      yield* shows(ids, (seen) => seen.length === 30)
      yield* act(() => page.getByLabel("Find a run").fill(first.slice(0, 23)))
      yield* act(() => page.getByRole("button", { name: "Open" }).click())
      yield* shows(text(page, "h1"), (seen) => seen.includes(first))
      yield* act(() => page.goto(page.url().replace(first.slice(0, 23), "config")))
      yield* shows(text(page, ".happened"), (seen) => seen.includes("Configuration in force"))
    })
  )

  it.live("verifies the ledger in the browser, and says what does not hold and where", () =>
    Effect.gen(function* () {
      const { run, open, ask } = yield* begin("#/ledger")
      const id = yield* run("Something with a fault.", true)
      const page = yield* open()
      const { head } = yield* json(ask, "GET", "/ledger/head")
      const verify = act(() => page.locator(".verify .main").click())
      const note = text(page, ".verify .note:not(.working)")

      // In a thread of its own: whoever reads on is not held up.
      const thread = page.waitForEvent("worker")
      yield* verify
      assert.include((yield* act(() => thread)).url(), "/assets/worker-")
      const holds = yield* shows(note, (seen) => seen !== "")
      assert.include(holds, "Everything holds")
      assert.include(holds, "Nobody vouches")
      assert.notInclude(holds, "not checked")
      for (const fact of [head.root, head.key]) assert.include(holds, fact)

      // With what somebody has kept, in whatever order its members came.
      yield* act(() => page.locator(".kept summary").click())
      yield* act(() => page.locator(".kept textarea").fill(JSON.stringify(head, null, 2)))
      yield* verify
      const kept = yield* shows(note, (seen) => seen.includes("Contains your checkpoint"))
      assert.include(kept, `position ${head.position}`)
      yield* act(() => page.locator(".kept textarea").fill("0".repeat(64)))
      yield* verify
      yield* shows(note, (seen) => seen.includes("does not hold"))
      yield* act(() => page.locator(".kept textarea").fill("neither"))
      assert.isTrue(yield* act(() => page.locator(".verify .main").isDisabled()))
      yield* act(() => page.locator(".kept textarea").fill(""))

      // One byte of one row, on its way.
      const { text: truth } = yield* ask("GET", "/ledger/export")
      const line = truth.split("\n").findIndex((row) => row.includes('"CallSettled"'))
      const row = JSON.parse(truth.split("\n")[line]!) as { position: number; seq: number; stream: string }
      const changed = truth
        .split("\n")
        .map((text, at) =>
          at === line
            ? text.replace(/"latencyMillis":(\d)/u, (_, digit) => `"latencyMillis":${(+digit % 9) + 1}`)
            : text
        )
        .join("\n")
      assert.strictEqual(changed.length, truth.length)
      yield* act(() =>
        page.route("**/ledger/export", (route) =>
          route.fulfill({ body: changed, contentType: "application/x-ndjson" })
        )
      )
      yield* verify
      const altered = yield* shows(note, (seen) => seen.includes("altered"))
      assert.include(altered, "A row was changed after it was recorded.")
      assert.include(altered, `position ${row.position}, row ${row.seq} of run/${id}`)

      // The same as a file that is dropped.
      yield* act(() =>
        page.evaluate(`
          const dataTransfer = new DataTransfer()
          dataTransfer.items.add(new File([${JSON.stringify(truth)}], "export.jsonl"))
          const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true })
          document.querySelector(".verify").dispatchEvent(drop)
        `)
      )
      yield* shows(note, (seen) => seen.includes("Everything holds: your file"))

      // And as one that is chosen.
      const file = (body: string) =>
        act(() =>
          page.locator(".verify input[type=file]").setInputFiles({
            name: "export.jsonl",
            mimeType: "application/x-ndjson",
            buffer: Buffer.from(body)
          })
        )
      yield* file(truth)
      yield* shows(note, (seen) => seen.includes("Everything holds: your file"))
      yield* file(changed)
      yield* shows(note, (seen) => seen.includes("altered"))
      yield* file(truth.slice(0, -200))
      yield* shows(note, (seen) => seen.includes("format"))

      // Whoever does not want to wait.
      yield* act(() => page.unroute("**/ledger/export"))
      yield* act(() => page.route("**/ledger/export", () => {}))
      yield* verify
      yield* act(() => page.locator(".working button").click())
      yield* shows(text(page, ".verify"), (seen) => seen.includes("Stopped."))
      assert.strictEqual(yield* act(() => page.locator(".verify .note").count()), 0)
    })
  )

  it.live("shows a hold as it goes on, and by itself who ended it and what left", () =>
    Effect.gen(function* () {
      const { open, ask } = yield* begin("#/ledger", "steward_thresholds: { always: true }\n")
      const { session_id } = yield* json(ask, "POST", "/session/start", { mode: "steward" })
      const { run_id } = yield* json(ask, "POST", `/session/${session_id}/turn`, { prompt: "Something." })
      const page = yield* open(`#/ledger/${run_id}`, {
        colorScheme: "dark",
        viewport: { width: 320, height: 640 }
      })
      const titles = () => page.locator(".step-title").allTextContents()
      yield* shows(titles, (seen) => seen.at(-1) === "Held, still waiting")
      const links = yield* act(() =>
        page.locator(".run-links a").evaluateAll((all) => all.map((link) => link.getAttribute("href")))
      )
      assert.deepStrictEqual(links, [`#/inbox/${run_id}`, `#/chat/${session_id}`, `#/ledger/${session_id}`])
      assert.deepStrictEqual(yield* hindrances(page), [])

      const { pending } = yield* json(ask, "GET", "/steward/pending")
      const { digest, sequence } = pending[0]
      yield* ask("POST", `/steward/pending/${run_id}/decision`, {
        action: "approve",
        digest,
        sequence,
        reason: "acceptable"
      })
      const after = yield* shows(titles, (seen) => seen.at(-1) === "Released")
      assert.deepStrictEqual(after.slice(-3), ["Held", "Approved", "Released"])
      const facts = yield* act(() => page.locator(".step-facts.good").allTextContents())
      assert.include(facts.join(" "), "by local")

      yield* act(() => page.locator(".run-links a").filter({ hasText: "record" }).click())
      const happened = yield* shows(
        () => page.locator(".happened strong").allTextContents(),
        (seen) => seen.length > 0
      )
      assert.deepStrictEqual(happened, ["Session begun", "Turn begun", "Turn held", "Turn ended"])
      assert.deepStrictEqual(yield* hindrances(page), [])
      yield* act(() => page.goto(page.url().replace(/#.*/u, "#/ledger")))
      yield* shows(
        () => page.locator(".run").count(),
        (count) => count === 1
      )
      assert.deepStrictEqual(yield* hindrances(page), [])
    })
  )

  it.live("says that a signature was not checked where the browser cannot", () =>
    Effect.gen(function* () {
      const { run, open } = yield* begin("#/ledger")
      yield* run("Something.")
      const page = yield* open("#/ledger", {
        // What a browser without Ed25519 does.
        prepare: (page) =>
          page.route("**/assets/worker-*.js", async (route) => {
            const response = await route.fetch()
            const script = await response.text()
            const without = "crypto.subtle.importKey=()=>Promise.reject(new Error());"
            await route.fulfill({ response, body: without + script })
          })
      })
      yield* act(() => page.locator(".verify .main").click())
      const note = yield* shows(text(page, ".verify .note:not(.working)"), (seen) => seen !== "")
      assert.include(note, "Everything holds")
      assert.include(note, "The signature itself was not checked")
    })
  )
})
