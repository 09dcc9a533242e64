/** Looks at every state of the page as people with other eyes, hands and windows do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { browser, program, visit } from "../support/browser.ts"
import { faultsOf, hiddenIn, tabbed } from "../support/looking.ts"
import { inUse, type Scene, standIn, type State } from "../support/pageStates.ts"

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
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
      await drawn(page)
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), caret: "initial" })
    }
  }
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

const look =
  (faults: Array<string>) =>
  async (page: Page, { name }: State) => {
    const told = (how: string, all: ReadonlyArray<string>) =>
      faults.push(...all.map((one) => `${name}, ${how}: ${one}`))
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      await drawn(page)
      told(colorScheme, await faultsOf(page))
    }
    for (const size of SMALL) {
      await page.setViewportSize(size)
      await drawn(page)
      told(`${size.width} by ${size.height}`, await hiddenIn(page))
    }
    await page.setViewportSize(SIZES.desk)
    await page.emulateMedia({ forcedColors: "active" })
    await drawn(page)
    const stops = await tabbed(page, 8)
    told(
      "forced colours",
      stops.filter(({ isSeen }) => !isSeen).map(({ name }) => `the focus is not seen on ${name}`)
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
        if (isPictured || process.env["IO3_PICTURES_ALL"]) await draw(page, name, pictures!)
      })
    )
  }
})
