/** Looks at every state of the page as people with other eyes, hands and windows do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { browser, program, visit } from "../support/browser.ts"
import { slowly } from "../support/io3.ts"
import { inUse, type Scene, standIn } from "../support/pageStates.ts"

const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const
const SCHEMES = ["light", "dark"] as const
/** Where the documentation's pictures go; nobody asks for them in a test. */
const pictures = process.env["IO3_PICTURES"]

const draw = async (page: Page, name: string, folder: string) => {
  mkdirSync(folder, { recursive: true })
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), caret: "initial" })
    }
  }
  await page.setViewportSize(SIZES.desk)
}

const walk = (
  scene: Effect.Effect<Scene, never, import("effect").Scope.Scope>,
  look: (page: Page, name: string) => Promise<unknown>
) =>
  Effect.gen(function* () {
    const { url, visiting, states } = yield* scene
    const page = yield* visit(yield* browser, url, { ...visiting, viewport: SIZES.desk })
    for (const { name, reach } of states) {
      yield* Effect.promise(() =>
        reach(page).catch((error: unknown) => {
          throw new Error(name, { cause: error })
        })
      )
      yield* Effect.promise(() => look(page, name))
    }
  })

describe.skipIf(program === undefined)("every state of the page", slowly, () => {
  if (pictures !== undefined) {
    for (const scene of [standIn, inUse])
      it.live("is drawn", () => walk(scene, (page, name) => draw(page, name, pictures)), { timeout: 600_000 })
  }
})
void assert
