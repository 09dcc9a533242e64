/** Owns the states of the inbox. */
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { AUDITED, type Furnished, press, sees, type State } from "./pageScene.ts"
import { HIDDEN, NAMES, REFUND } from "./pageTexts.ts"

export const inboxes = Effect.fnUntraced(function* ({ hold, decide, go }: Furnished) {
  const hidden = yield* hold(HIDDEN.title, HIDDEN.prompt)
  const names = yield* hold(NAMES.title, NAMES.prompt)
  const refund = yield* hold(REFUND.title, REFUND.prompt, AUDITED)
  const open = (page: Page) => go(page, `inbox/${refund.run}`, "From draft to revision")
  const states: ReadonlyArray<State> = [
    {
      name: "inbox-list",
      reach: async (page) => {
        await go(page, "inbox", "needs work")
        await press(page, "j")
      }
    },
    { name: "inbox-held", isPictured: true, reach: open },
    {
      name: "inbox-edit",
      isPictured: true,
      reach: async (page) => {
        await press(page, "e", "Control+End")
        await page.keyboard.type(" of the shop")
        await page.locator(".written-edition ins").first().waitFor()
        await press(page, "Control+Enter")
        await sees(page, /Choose a reason/u)
      }
    },
    {
      name: "inbox-reject",
      reach: async (page) => {
        await press(page, "Escape", "x")
        await page.getByRole("form", { name: "Reject" }).waitFor()
      }
    },
    {
      name: "inbox-redirect",
      reach: async (page) => {
        await press(page, "Escape", "r")
        await page.getByRole("form", { name: "Redirect" }).waitFor()
      }
    },
    {
      name: "inbox-keys",
      reach: async (page) => {
        await press(page, "Escape", "?")
        await page.locator("dialog[open]").waitFor()
      }
    },
    {
      name: "inbox-undo",
      reach: async (page) => {
        await press(page, "Escape", "a")
        await sees(page, /can be taken back/u)
      }
    },
    {
      name: "inbox-stale",
      reach: async (page) => {
        await press(page, "u")
        await page.evaluate(() => localStorage.setItem("io3.inbox.undo", "5"))
        await page.route("**/decision", async (route) => {
          const body = { ...route.request().postDataJSON(), digest: "0".repeat(64) }
          await route.continue({ postData: JSON.stringify(body) })
        })
        await open(page)
        await press(page, "a")
        await sees(page, /Look again, then decide/u)
        await page.unroute("**/decision")
        await page.evaluate(() => localStorage.setItem("io3.inbox.undo", "60"))
      }
    },
    {
      name: "inbox-hidden",
      isPictured: true,
      reach: (page) => go(page, `inbox/${hidden.run}`, /nobody would see/u)
    },
    {
      name: "inbox-decided",
      isPictured: true,
      reach: async (page) => {
        await go(page, `inbox/${names.run}`, /Would be released/u)
        await Effect.runPromise(decide(names.run, "reject", "off_task"))
        await sees(page, /rejected it/u)
      }
    },
    {
      name: "inbox-unknown",
      reach: (page) => go(page, "inbox/00000000-0000-7000-8000-000000000000", "Nothing waits under this name")
    },
    {
      name: "inbox-decision-lost",
      reach: async (page) => {
        await page.evaluate(() => localStorage.setItem("io3.inbox.undo", "5"))
        await page.route("**/decision", (route) => route.abort())
        await open(page)
        await press(page, "a")
        await sees(page, "Your decision may not have arrived.")
        await page.getByRole("button", { name: "Discard it" }).click()
        await page.unroute("**/decision")
      }
    }
  ]
  return { states, decided: names.run, waiting: refund.run }
})
