/** Owns what keeps somebody from using a part of the page as it is: what axe finds, and what is wider than its window. */
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { faultsOf } from "./looking.ts"

const IS_WIDER = `(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector("main"))`

/** In lines; what moves has come to rest before. */
export const hindrances = (page: Page): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(async () => {
    await page.emulateMedia({ reducedMotion: "reduce" })
    const faults = await faultsOf(page)
    return (await page.evaluate<boolean>(IS_WIDER)) ? [...faults, "wider than the window"] : faults
  })
