/** Lives through all of it once in real browsers: a first look, a conversation, an answer that is held, and the steward who lets it out. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { Browser, Page } from "playwright-core"
import { IssuedOutput } from "../../src/api/results/TokenResults.ts"
import { browser, program, shows, visit } from "../support/browser.ts"
import { hands } from "../support/chatting.ts"
import { configure, type Home, home, io3 } from "../support/io3.ts"
import { announceSkip, locate, start } from "../support/ollamaLite.ts"
import { serving } from "../support/served.ts"

const lite = locate()
if (program !== undefined && lite === null) announceSkip("the whole life of the page with a real model")

const HELD = "steward_thresholds: { always: true }\n"
const PATIENCE = { timeout: 60_000 }

/** Says how soon something was seen of a page that no browser has been to before. */
const reportFirstPaint = (page: Page, which: string) =>
  Effect.promise(async () => {
    const [paint] = await page.evaluate(() =>
      performance.getEntriesByName("first-contentful-paint").map(({ startTime }) => startTime)
    )
    process.stderr.write(`first paint of the page, cold, ${which}: ${Math.round(paint ?? Number.NaN)} ms\n`)
  })

/** The address that lets somebody in, once. */
const linkFor = Effect.fnUntraced(function* (where: Home, url: string, name: string, role: string) {
  const created = yield* io3(where, ["token", "create", "--name", name, "--role", role, "-o", "json"])
  assert.strictEqual(created.code, 0, created.stderr)
  const { id } = Schema.decodeUnknownSync(Schema.fromJsonString(IssuedOutput))(created.stdout)
  const { stdout } = yield* io3(where, ["token", "login", id, "--at", url])
  return stdout.trim()
})

const answerOf = (page: Page) => page.locator(".turn").last().locator(".markdown")

/** A real model speaks word by word, so that an answer can be stopped and left in the middle, and may judge. */
const life = Effect.fnUntraced(function* (chromium: Browser, where: Home, which: string, isReal: boolean) {
  const { url } = yield* serving(where)
  const page = yield* visit(chromium, url, { expected: /401/u })
  const { ask, sees, over, does } = hands(page)
  yield* sees("What is it about?")
  yield* reportFirstPaint(page, which)
  yield* ask("Say one sentence about the sea.")
  yield* over
  assert.notStrictEqual(yield* does(() => answerOf(page).innerText()), "")

  if (isReal) {
    const begun = (length: number) =>
      shows(
        () =>
          answerOf(page)
            .innerText(PATIENCE)
            .catch(() => ""),
        (text) => text.length > length
      )
    yield* ask("Tell a long story about a lighthouse and its keeper.")
    yield* begun(20)
    yield* does((page) => page.keyboard.press("Escape"))
    yield* sees("Stopped.")
    yield* over
    yield* ask("Tell a long story about a ferry and its captain.")
    const before = yield* begun(20)
    yield* does((page) => page.reload())
    const after = yield* begun(before.length)
    assert.isTrue(
      after.replaceAll(/\s+/gu, " ").startsWith(before.replaceAll(/\s+/gu, " ").slice(0, 20)),
      `${before} | ${after}`
    )
    yield* over
  }
  yield* does((page) => page.reload())
  yield* over

  if (isReal) {
    yield* does((page) => page.getByLabel("Audit").check())
    yield* ask("Say one sentence about the moon.")
    yield* over
    const facts = yield* does((page) => page.locator(".turn").last().locator(".known").innerText())
    assert.notInclude(facts, "not audited")
    yield* does((page) => page.getByLabel("Audit").uncheck())
  } else {
    // The stand-in judges nothing, and what nobody does is not offered.
    assert.isTrue(yield* does((page) => page.getByLabel("Audit").isDisabled()))
    assert.match(
      (yield* does((page) => page.locator("label", { hasText: "Audit" }).getAttribute("title"))) ?? "",
      /Nobody audits/u
    )
  }
  yield* does((page) =>
    Promise.all([page.waitForResponse(/\/mode$/u), page.locator(".switch").getByText("may be held").click()])
  )
  yield* ask("Say one sentence about the wind.")
  yield* sees("Waits for a steward")
  assert.strictEqual(yield* does(() => answerOf(page).count()), 0)
  const conversation = page.url()

  // From here on the server knows people by their tokens: whoever has asked, and whoever decides.
  const asker = yield* linkFor(where, url, "ada", "operator")
  const steward = yield* linkFor(where, url, "bea", "steward")
  yield* does(async (page) => {
    await page.goto("about:blank")
    await page.goto(asker)
    await page.getByRole("button", { name: "Log out" }).waitFor()
    await page.goto(conversation)
  })
  yield* sees("Waits for a steward")

  const other = yield* visit(chromium, steward, { prepare: (page) => page.clock.install() })
  yield* Effect.promise(async () => {
    await other.getByText("your role is steward").waitFor()
    assert.notInclude(other.url(), "login")
    await other.getByRole("link", { name: "Inbox" }).click()
    await other.locator(".inbox-rows > li").first().waitFor()
    await other.keyboard.press("j")
    await other.keyboard.press("Enter")
    await other.locator(".held-released .exact").waitFor()
  })
  const held = yield* Effect.promise(() => other.locator(".held-released .exact").innerText())
  yield* Effect.promise(async () => {
    await other.keyboard.press("a")
    await other.locator(".toasts").getByText("Undo").waitFor()
    await other.clock.fastForward(5000)
    await other.getByText("You approved it").first().waitFor()
  })

  yield* sees("A steward has let it out.")
  const words = (text: string) => text.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim()
  assert.strictEqual(words(yield* does(() => answerOf(page).innerText())), words(held))
  const verified = yield* io3(where, ["ledger", "verify", "--texts"])
  assert.strictEqual(verified.code, 0, verified.stderr)
})

describe.skipIf(program === undefined)("the whole life of the page", { timeout: 240_000 }, () => {
  it.live("with the stand-in", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, { "runtime.yaml": HELD })
      yield* life(yield* browser, where, "with the stand-in", false)
    })
  )

  it.live.skipIf(lite === null)("with a real model", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const url = yield* start(lite!, "--prompt-cache")
      const model = "local:smollm2:135m"
      yield* configure(where.userConfig, {
        "providers.yaml": `providers:\n  ollama:\n    enabled: true\n    base_url: ${url}\n    num_ctx: 2048\n`,
        "routing_table.yaml": `routing_table:\n  modes:\n    executor: { primary: "${model}", secondary: "${model}" }\n    challenger: { primary: "${model}", secondary: "${model}" }\n`,
        "runtime.yaml": `${HELD}max_output_tokens: 120\nconstellation: { allow_same_model: true }\n`
      })
      yield* life(yield* browser, where, "with a real model", true)
    })
  )
})
