/** Owns what is looked for in a page by eyes that read large, by hands that have keys alone, and by axe. */
import axe from "axe-core"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"

const inPage = readFileSync(join(import.meta.dirname, "inPage.js"), "utf8")
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

/** As the browser's own tools do: the page itself lets no script of others in. */
const within = async <A>(page: Page, script: string, isThere: string, call: string): Promise<A> => {
  if (!(await page.evaluate(`${isThere} in globalThis`))) await page.evaluate(script)
  return page.evaluate<A>(call)
}

/** One after the other. */
export const inTurn = <A>(all: ReadonlyArray<A>, does: (one: A) => Promise<unknown>): Promise<unknown> =>
  all.reduce<Promise<unknown>>((before, one) => before.then(() => does(one)), Promise.resolve())

interface Violation {
  readonly id: string
  readonly nodes: ReadonlyArray<{ readonly target: ReadonlyArray<string>; readonly failureSummary: string }>
}

/** What axe finds, in lines. */
export const faultsOf = async (page: Page, runOnly = WCAG): Promise<ReadonlyArray<string>> => {
  const call = `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ["violations"] })`
  const { violations } = await within<{ violations: ReadonlyArray<Violation> }>(
    page,
    axe.source,
    '"axe"',
    call
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`)
  )
}

/** What is cut off, covered, or further to the side than the window: everything is reached by going up and down alone. */
export const hiddenIn = (page: Page) =>
  within<ReadonlyArray<string>>(page, inPage, '"looks"', "looks.hidden()")

interface Stop {
  /** Empty where nothing of the page has the focus. */
  readonly name: string
  readonly isSeen: boolean
  readonly isInDialog: boolean
}

/** Where the focus is, and whether that is seen. */
export const focusOf = (page: Page) => within<Stop>(page, inPage, '"looks"', "looks.focus()")

/** Goes through with the Tab key, until the page is left; where it stopped, in order. */
export const tabbed = async (page: Page, most = 80): Promise<ReadonlyArray<Stop>> => {
  const stops: Array<Stop> = []
  const goOn = async (): Promise<void> => {
    await page.keyboard.press("Tab")
    const stop = await focusOf(page)
    if (stop.name !== "") stops.push(stop)
    if (stop.name !== "" && stops.length < most) return goOn()
  }
  await goOn()
  return stops
}
