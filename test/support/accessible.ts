/** Owns what keeps somebody from using a page as it is: rules of WCAG 2.2 AA that it breaks, and what is wider than its window. */
import axe from "axe-core"
import { Effect } from "effect"
import type { Page } from "playwright-core"

const LOOK = `(async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
  const { violations } = await axe.run(document, { runOnly: tags })
  const main = document.querySelector("main")
  return [
    ...violations.map(({ id, nodes }) => id + ": " + nodes[0].html),
    ...(main.scrollWidth > main.clientWidth ? ["wider than the window"] : [])
  ]
})()`

/** Each with the first part of the page that it is about; what moves has come to rest before. */
export const hindrances = (page: Page): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(async () => {
    await page.emulateMedia({ reducedMotion: "reduce" })
    await page.evaluate(axe.source)
    return page.evaluate<ReadonlyArray<string>>(LOOK)
  })
