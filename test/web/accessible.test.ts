/** Looks at every state of the page as people with other eyes, hands and windows do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { browser, program, visit } from "../support/browser.ts"
import { faultsOf, focusOf, hiddenIn, inTurn, tabbed } from "../support/looking.ts"
import type { Scene, State } from "../support/pageScene.ts"
import { inUse, standIn } from "../support/pageStates.ts"

const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const
/** The narrowest window there is, and what a large one is when everything in it is four times as large. */
const SMALL = [
  { width: 320, height: 640 },
  { width: 320, height: 256 }
] as const
const SCHEMES = ["light", "dark"] as const
/** Where pictures of the documentation go; nobody asks for them in a test. */
const pictures = process.env["IO3_PICTURES"]

/** Until what the browser was told is drawn. */
const drawn = (page: Page) =>
  page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

const draw = async (page: Page, name: string, folder: string) => {
  mkdirSync(folder, { recursive: true })
  await inTurn(Object.entries(SIZES), async ([size, viewport]) => {
    await page.setViewportSize(viewport)
    await page.evaluate(`document.activeElement.matches(".field") && document.activeElement.scrollIntoView()`)
    await inTurn(SCHEMES, async (colorScheme) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
      await drawn(page)
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), caret: "initial" })
    })
  })
}

const walk = (
  scene: Effect.Effect<Scene, never, Scope.Scope>,
  look: (page: Page, state: State) => Promise<unknown>
) =>
  Effect.gen(function* () {
    const { url, visiting, states } = yield* scene
    const page = yield* visit(yield* browser, url, {
      ...visiting,
      reducedMotion: "reduce",
      viewport: SIZES.desk
    })
    for (const state of states) {
      const failed = (error: unknown) => {
        throw new Error(state.name, { cause: error })
      }
      yield* Effect.promise(async () => {
        await page.setViewportSize(SIZES.desk)
        await state.reach(page).catch(failed)
        await look(page, state)
      })
    }
  })

/** What the Tab key stops at on the way through, in this order. */
const WALKS: Readonly<Record<string, ReadonlyArray<string>>> = {
  "chat-answer": [
    "a Skip to the content",
    "a Chat",
    "a Inbox",
    "a Ledger",
    "a System",
    "button Theme: auto",
    "a New conversation",
    "input Search titles",
    "a How a hash chain holds",
    "button Close the conversation",
    "button Keys",
    "button Edit and ask again",
    "button Copy the code",
    "a Ledger, run ",
    "button Copy the answer as Markdown",
    "button Answer again",
    "textarea Message",
    "button Attach a text file",
    "select Mode of the answer",
    "input leave at once",
    "input Audit",
    "summary Memory"
  ],
  "inbox-held": [
    "a Skip to the content",
    "a Inbox",
    "button Keys of the inbox",
    "a Turn 1",
    "a session ",
    "button Approve",
    "button Edit",
    "button Redirect",
    "button Reject",
    "button Close session"
  ],
  "ledger-list": ["a Skip to the content", "button Verify the ledger", "select State", "button Open"],
  system: ["a Skip to the content", "input Search keys and values"]
}
const MOST_STOPS = 120

const walkThrough = async (page: Page, wanted: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  await page.locator(".skip").focus()
  const stops = [await focusOf(page), ...(await tabbed(page, MOST_STOPS))]
  const faults = stops.filter(({ isSeen }) => !isSeen).map(({ name }) => `the focus is not seen on ${name}`)
  if (stops.length > MOST_STOPS) faults.push("the Tab key does not come to an end")
  const names = stops.map(({ name }) => name)
  let at = 0
  for (const name of wanted) {
    const next = names.findIndex((one, index) => index >= at && one.startsWith(name))
    if (next < 0) faults.push(`no ${name} after ${names[at - 1]} in ${names.join(", ")}`)
    else at = next + 1
  }
  await page.locator(".skip").press("Enter")
  const { name } = await focusOf(page)
  if (!name.startsWith("main")) faults.push(`the link past the parts leads to ${name}`)
  return faults
}

/** Which key opens it again from where the focus is when it was closed. */
const DIALOGS: Readonly<Record<string, { readonly from: string; readonly key: string }>> = {
  "chat-keys": { from: "button Keys", key: "Enter" },
  "chat-closing": { from: "button Close the conversation", key: "Enter" },
  "inbox-keys": { from: "h2 Turn 1", key: "?" }
}

const stayIn = async (
  page: Page,
  { from, key }: (typeof DIALOGS)[string]
): Promise<ReadonlyArray<string>> => {
  const stops = (await tabbed(page, 6)).filter(({ isInDialog }) => !isInDialog)
  const faults = stops.map(({ name }) => `the dialog lets the focus go to ${name}`)
  await page.keyboard.press("Escape")
  // The browser tells the page of that a moment later.
  await page.locator("dialog").waitFor({ state: "detached" })
  const { name } = await focusOf(page)
  if (!name.startsWith(from)) faults.push(`closed, it leaves the focus on ${name || "nothing"}`)
  await page.keyboard.press(key)
  await page.locator("dialog[open]").waitFor()
  return faults
}

const look =
  (faults: Array<string>) =>
  async (page: Page, { name }: State) => {
    const told = (how: string, all: ReadonlyArray<string>) =>
      faults.push(...all.map((one) => `${name}, ${how}: ${one}`))
    await inTurn(SCHEMES, async (colorScheme) => {
      await page.emulateMedia({ colorScheme })
      await drawn(page)
      // All but the colours is the same in the dark.
      told(colorScheme, await faultsOf(page, colorScheme === "dark" ? ["color-contrast"] : undefined))
    })
    await inTurn(SMALL, async (size) => {
      await page.setViewportSize(size)
      await drawn(page)
      told(`${size.width} by ${size.height}`, await hiddenIn(page))
    })
    await page.setViewportSize(SIZES.desk)
    await drawn(page)
    const dialog = DIALOGS[name]
    if (dialog) told("a dialog", await stayIn(page, dialog))
    const walk = WALKS[name]
    if (!walk) return
    told("with keys", await walkThrough(page, walk))
    await page.emulateMedia({ forcedColors: "active" })
    await page.locator(".skip").focus()
    const stops = await tabbed(page, MOST_STOPS)
    const unseen = stops.filter(({ isSeen }) => !isSeen)
    told(
      "in forced colours",
      unseen.map((stop) => `the focus is not seen on ${stop.name}`)
    )
    await page.emulateMedia({ forcedColors: "none" })
  }

const scenes = { "of a new installation": standIn, "of one in use": inUse }

describe.skipIf(program === undefined)("every state of the page", { timeout: 300_000 }, () => {
  for (const [which, scene] of Object.entries(scenes)) {
    it.live.skipIf(pictures !== undefined)(`${which} is without barriers`, () =>
      Effect.gen(function* () {
        const faults: Array<string> = []
        yield* walk(scene, look(faults))
        assert.deepStrictEqual(faults, [])
      })
    )
    it.live.skipIf(pictures === undefined)(`${which} is drawn`, () =>
      walk(scene, async (page, { name, isPictured }) => {
        if (isPictured) await draw(page, name, pictures!)
      })
    )
  }
})
