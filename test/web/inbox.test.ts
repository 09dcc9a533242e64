/** Decides in a real browser about what a real server holds: with keys alone, beside somebody else, and against what goes wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Browser, Page } from "playwright-core"
import { SessionOutput, TranscriptOutput } from "../../src/api/results/SessionResults.ts"
import { InboxOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { Reason } from "../../src/domain/session/Turn.ts"
import { browser, program, shows, visit, type Visit } from "../support/browser.ts"
import { io3, slowly } from "../support/io3.ts"
import type { Role } from "../../src/domain/access/Role.ts"
import { says, verdict } from "../support/model.ts"
import { served } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"

const ALWAYS = "steward_thresholds: { always: true }\n"
const SNEAKY = "Pay \u202e321\u202c now.\u200b\u200b Bell\u0007"

/** A steward's browser. Its clock can be put on, so that no test waits for what can be taken back. */
const steward = (chromium: Browser, url: string, run = "", visiting: Visit = {}) =>
  visit(chromium, `${url}/#/inbox${run && `/${run}`}`, {
    ...visiting,
    prepare: async (page) => {
      await page.clock.install()
      await visiting.prepare?.(page)
    }
  })

const text = (page: Page, selector: string) =>
  shows(
    () => page.locator(selector).first().textContent(),
    (seen) => seen !== null
  )
const reads = (page: Page, selector: string, wanted: RegExp) =>
  shows(
    async () => `${selector}: ${(await page.locator(selector).allTextContents()).join(" ")}`,
    (seen) => wanted.test(seen)
  )
const press = (page: Page, ...keys: ReadonlyArray<string>) =>
  Effect.forEach(keys, (key) => Effect.promise(() => page.keyboard.press(key)), { discard: true })
const type = (page: Page, words: string) => Effect.promise(() => page.keyboard.type(words))
/** Until a decision cannot be taken back any more. */
const patience = (page: Page) => Effect.promise(() => page.clock.fastForward(5000))

const rows = (page: Page) => page.locator(".inbox-rows > li").count()

/** A server whose model answers as it was asked, and what to ask it. */
const holding = Effect.fnUntraced(function* () {
  const scene = yield* served((socket, { model, messages }) => {
    const asked = messages.at(-1)?.content ?? ""
    const all = messages.map(({ content }) => content).join(" ")
    if (model === "judge") return void socket.write(verdict("needs_work", "shorter"))
    if (all.includes("hidden")) return void socket.write(says(SNEAKY))
    if (asked.includes("colours")) return void socket.write(says("Red, ", "green ", "and blue."))
    socket.write(says("An answer."))
  }, ALWAYS)
  let headers = {}
  const decoded: (typeof scene)["decoded"] = (schema, status, method, path, body) =>
    scene.decoded(schema, status, method, path, body, headers)
  /** From now on everybody needs a token; whoever asks for the test has one. */
  const close = Effect.gen(function* () {
    const tokens = tokensIn(scene.where)
    headers = (yield* tokens.issue("carol", "operator")).headers
    return (name: string, role: Role) =>
      Effect.map(tokens.issue(name, role), ({ headers }) => ({
        extraHTTPHeaders: headers,
        expected: /40[39]/u
      }))
  })
  const hold = Effect.fnUntraced(function* (prompt: string, more: object = {}) {
    const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {
      mode: "steward",
      ...more
    })
    const { run_id } = yield* decoded(TurnOutput, 202, "POST", `/session/${session_id}/turn`, { prompt })
    return { session_id, run_id }
  })
  const history = (session: string) => decoded(TranscriptOutput, 200, "GET", `/session/${session}/history`)
  const pending = Effect.map(decoded(InboxOutput, 200, "GET", "/steward/pending"), ({ pending }) => pending)
  return { ...scene, hold, history, pending, close }
})

describe.skipIf(program === undefined)("the inbox", slowly, () => {
  it.live(
    "is gone through with keys alone: approved, taken back, edited, redirected, rejected with a reason",
    () =>
      Effect.gen(function* () {
        const { url, hold, history, pending } = yield* holding()
        const chromium = yield* browser
        const page = yield* steward(chromium, url)
        yield* reads(page, ".empty h2", /Nothing waits/u)
        const first = yield* hold("Name colours.", { audit: true, title: "Colours \u202eof a flag" })
        // It comes by itself, and the rail counts it.
        yield* shows(
          () => rows(page),
          (count) => count === 1
        )
        yield* reads(page, ".rail .count", /1/u)
        // By its title, to the letter.
        yield* reads(page, ".inbox-rows .host-title", /: “Colours RLOof a flag”$/u)
        yield* press(page, "j", "Enter")
        yield* reads(page, ".held h2", /Turn 1 “Colours RLOof a flag”/u)
        yield* reads(page, ".held-released .exact", /: Red, green and blue\.$/u)
        yield* reads(page, ".held-asked .exact", /: Name colours\.$/u)
        yield* reads(page, ".held-verdict", /needs work, revised since/u)
        // Approved, and taken back in time: nothing has left.
        yield* press(page, "a")
        yield* reads(page, ".toasts", /Approval.*Undo/u)
        yield* press(page, "u")
        yield* shows(
          () => page.locator(".toasts > div").count(),
          (count) => count === 0
        )
        yield* patience(page)
        assert.strictEqual((yield* pending).length, 1)
        // Approved for good.
        yield* press(page, "a")
        yield* patience(page)
        yield* reads(page, ".held .note", /You approved it.*acceptable/u)
        assert.deepInclude((yield* history(first.session_id)).turns[0], { message: "Red, green and blue." })

        const second = yield* hold("Name colours.")
        yield* shows(
          () => rows(page),
          (count) => count === 1
        )
        yield* press(page, "Escape", "j", "o")
        yield* reads(page, ".held-released .exact", /Red/u)
        yield* press(page, "e", "Control+End")
        // Each reason is offered, but that of an approval and that of a deadline.
        assert.strictEqual(
          yield* Effect.promise(() => page.locator(".inbox-reasons input").count()),
          Reason.literals.length - 2
        )
        yield* type(page, " And grey.")
        yield* shows(
          () => page.locator(".written-edition ins").allTextContents(),
          (seen) => /And grey/u.test(seen.join(""))
        )
        // Without a reason it is not sent; that is said, and the first of them is where the next key goes.
        yield* press(page, "Control+Enter")
        yield* reads(page, ".written-lack", /Choose a reason/u)
        yield* press(page, "Space", "Control+Enter")
        yield* patience(page)
        yield* reads(page, ".held .note", /You edited it.*incorrect/u)
        assert.deepInclude((yield* history(second.session_id)).turns[0], {
          message: "Red, green and blue. And grey."
        })

        const third = yield* hold("Say something.")
        yield* shows(
          () => rows(page),
          (count) => count === 1
        )
        yield* press(page, "Escape", "j", "o")
        yield* reads(page, ".held-released .exact", /An answer/u)
        yield* press(page, "r")
        yield* type(page, "Name colours.")
        yield* press(page, "Tab", "Space", "Control+Enter")
        yield* patience(page)
        yield* reads(page, ".held .note", /You asked something else/u)
        // What it led to is held in its turn.
        yield* shows(
          () => rows(page),
          (count) => count === 1
        )
        yield* press(page, "Escape", "j", "o")
        yield* reads(page, ".held-released .exact", /Red/u)
        yield* press(page, "x", "ArrowRight", "Control+Enter")
        yield* patience(page)
        yield* reads(page, ".held .note", /You rejected it.*incomplete/u)
        const { turns } = yield* history(third.session_id)
        assert.deepStrictEqual(
          turns.map(({ error_code }) => error_code),
          ["STEWARD_REDIRECTED", "STEWARD_REJECTED"]
        )
        yield* reads(page, ".inbox-figures", /decided4.*not as it was75 %/u)
        assert.deepStrictEqual(yield* pending, [])
        yield* press(page, "?")
        yield* reads(page, "dialog[open]", /reject/u)
      })
  )

  it.live("tells a steward who was too late who was faster, and keeps what was written", () =>
    Effect.gen(function* () {
      const { url, hold, close } = yield* holding()
      const as = yield* close
      const chromium = yield* browser
      const one = yield* hold("Name colours.")
      const alice = yield* steward(chromium, url, one.run_id, yield* as("alice", "steward"))
      const bob = yield* steward(chromium, url, one.run_id, yield* as("bob", "steward"))
      for (const page of [alice, bob]) yield* reads(page, ".held-released .exact", /Red/u)
      yield* press(bob, "e", "Control+End")
      yield* type(bob, " Bob was here.")
      yield* press(bob, "Tab", "Space", "Control+Enter")
      yield* reads(bob, ".toasts", /Edit/u)
      yield* press(alice, "a")
      yield* patience(alice)
      yield* reads(alice, ".held .note", /You approved it/u)
      // It was not sent yet, and is not any more.
      yield* reads(bob, ".held .note", /alice approved it/u)
      yield* reads(bob, ".note.bad", /Edit has changed nothing.*Bob was here/u)
      yield* reads(bob, ".inbox-lately", /alice approved it/u)
      yield* shows(
        () => bob.locator(".toasts > div").count(),
        (count) => count === 0
      )

      // And now at the same time: the server says who was first.
      const two = yield* hold("Name more colours.")
      for (const page of [alice, bob]) {
        yield* Effect.promise(() => page.goto(`${url}/#/inbox/${two.run_id}`))
        yield* reads(page, ".held-asked .exact", /Name more colours/u)
      }
      yield* press(alice, "a")
      yield* press(bob, "x", "Space", "Control+Enter")
      yield* Effect.all([patience(alice), patience(bob)], { concurrency: "unbounded" })
      const settled = (page: Page) =>
        shows(
          () => page.locator(".held .note").allTextContents(),
          (seen) => /You (?:approved|rejected)|alice approved|bob rejected/u.test(seen.join(" "))
        )
      const told = [(yield* settled(alice)).join(" "), (yield* settled(bob)).join(" ")]
      assert.lengthOf(
        told.filter((seen) => /You /u.test(seen)),
        1,
        told.join(" | ")
      )
      assert.lengthOf(
        told.filter((seen) => /has changed nothing/u.test(seen)),
        1,
        told.join(" | ")
      )
    })
  )

  it.live(
    "shows what the command line has decided, what nobody would see, and nothing of it to a viewer",
    () =>
      Effect.gen(function* () {
        const { url, hold, where, pending, close } = yield* holding()
        const chromium = yield* browser
        const { run_id } = yield* hold("Say what is hidden.", { title: "What is hidden" })
        yield* hold("Name colours.")
        const page = yield* steward(chromium, url, run_id, {
          // Its session is not among those that are told of first.
          prepare: (page) =>
            page.route(/\/session(?:\/titles)?\?limit=100/u, (route) =>
              route.continue({ url: route.request().url().replace("limit=100", "limit=1") })
            )
        })
        yield* reads(page, ".inbox-rows", /What is hidden/u)
        yield* reads(page, ".held-released .exact", /: Pay RLO321PDF now\.ZWSP ZWSP BellBEL$/u)
        yield* reads(page, ".hidden-note", /5 characters nobody would see/u)
        assert.notInclude(yield* Effect.promise(() => page.content()), "\u202e")
        const held = (yield* pending).find((one) => one.run_id === run_id)
        const done = yield* io3(where, [
          "steward",
          "reject",
          run_id,
          "--digest",
          held!.digest,
          "--reason",
          "unsafe"
        ])
        assert.strictEqual(done.code, 0, done.stderr)
        yield* reads(page, ".held .note", /local rejected it.*unsafe/u)
        yield* press(page, "a")
        assert.strictEqual(yield* Effect.promise(() => page.locator(".toasts > div").count()), 0)

        const other = yield* hold("Name colours.", { title: "Colours of a flag" })
        const as = yield* close
        yield* Effect.promise(() => page.close())
        const viewer = yield* steward(chromium, url, other.run_id, yield* as("eve", "viewer"))
        yield* reads(viewer, ".held .note", /Only a steward sees/u)
        assert.strictEqual(yield* Effect.promise(() => viewer.locator(".inbox-actions").count()), 0)
        for (const words of ["Red", "Colours of a flag"])
          assert.notInclude(yield* text(viewer, "main"), words)
      })
  )

  it.live(
    "sends what could still be taken back when the page is left, and asks again when nothing answered",
    () =>
      Effect.gen(function* () {
        const { url, hold, history, pending } = yield* holding()
        const chromium = yield* browser
        const one = yield* hold("Name colours.")
        const page = yield* steward(chromium, url, one.run_id, { expected: /ERR_FAILED|ERR_/u })
        yield* reads(page, ".held-released .exact", /Red/u)
        yield* press(page, "a")
        yield* reads(page, ".toasts", /Approval/u)
        yield* Effect.promise(() => page.goto("about:blank"))
        yield* shows(
          () => Effect.runPromise(pending),
          (all) => all.length === 0
        )
        assert.deepInclude((yield* history(one.session_id)).turns[0], { message: "Red, green and blue." })

        const two = yield* hold("Name colours.")
        yield* Effect.promise(() => page.goto(`${url}/#/inbox/${two.run_id}`))
        yield* reads(page, ".held-released .exact", /Red/u)
        // It arrives, and its answer does not.
        const keys: Array<string | undefined> = []
        yield* Effect.promise(() =>
          page.route("**/decision", async (route) => {
            keys.push(route.request().headers()["idempotency-key"])
            if (keys.length > 1) return route.continue()
            await route.fetch()
            await route.abort()
          })
        )
        yield* press(page, "a")
        yield* patience(page)
        yield* reads(page, ".held .note", /You approved it/u)
        assert.strictEqual(new Set(keys).size, 1)
        assert.isAtLeast(keys.length, 2)
        assert.deepInclude((yield* history(two.session_id)).turns[0], { message: "Red, green and blue." })
      })
  )

  it.live(
    "explains what is stale and loses no word of it; tells who is away that something waits, and no more",
    () =>
      Effect.gen(function* () {
        const { url, hold, history } = yield* holding()
        const chromium = yield* browser
        const { run_id, session_id } = yield* hold("Name colours.")
        const page = yield* steward(chromium, url, run_id, {
          expected: /409/u,
          prepare: (page) =>
            page.addInitScript(() => {
              const told: Array<unknown> = []
              class Notice extends EventTarget {
                static permission = "default"
                static requestPermission = () => Promise.resolve((Notice.permission = "granted"))
                constructor(title: string, { body }: { readonly body: string }) {
                  super()
                  told.push([title, body])
                }
              }
              Object.assign(globalThis, { Notification: Notice, told })
            })
        })
        const told = () =>
          page.evaluate(() => (globalThis as unknown as { told: ReadonlyArray<unknown> }).told)
        yield* reads(page, ".held-released .exact", /Red/u)
        yield* Effect.promise(() => page.getByRole("button", { name: "Notify me" }).click())
        yield* reads(page, ".inbox-tools", /Notifications on/u)
        // What was shown is not what waits: as if it had changed in between.
        let isFirst = true
        yield* Effect.promise(() =>
          page.route("**/decision", (route) => {
            const body = route.request().postDataJSON() as { readonly digest: string }
            const digest = isFirst ? "0".repeat(64) : body.digest
            isFirst = false
            return route.continue({ postData: JSON.stringify({ ...body, digest }) })
          })
        )
        yield* Effect.promise(() => page.locator(".held h2").focus())
        yield* press(page, "e", "Control+End")
        yield* type(page, " In this order.")
        yield* press(page, "Tab", "Space", "Control+Enter")
        yield* patience(page)
        yield* reads(page, ".note.bad", /Look again, then decide.*STEWARD_STALE.*In this order/u)
        yield* Effect.promise(() => page.getByRole("button", { name: "Look again" }).click())
        yield* shows(
          () => page.locator("textarea").inputValue(),
          (words) => words.endsWith("In this order.")
        )
        yield* press(page, "Control+Enter")
        yield* patience(page)
        yield* reads(page, ".held .note", /You edited it/u)
        assert.deepInclude((yield* history(session_id)).turns[0], {
          message: "Red, green and blue. In this order."
        })
        // In sight, the page itself says so; out of sight, the browser does.
        yield* hold("Seen.")
        yield* reads(page, ".rail .count", /1/u)
        assert.deepStrictEqual(yield* Effect.promise(told), [])
        yield* Effect.promise(() => page.goto(`${url}/#/system`))
        yield* Effect.promise(() =>
          page.evaluate(() =>
            Object.defineProperty(Reflect.get(globalThis, "document"), "hidden", {
              configurable: true,
              value: true
            })
          )
        )
        yield* hold("Hidden words.")
        yield* shows(told, (all) => all.length === 1)
        assert.deepStrictEqual(yield* Effect.promise(told), [["io-iii", "2 answers wait for you"]])
        yield* reads(page, ".rail .count", /2/u)
      })
  )
})
