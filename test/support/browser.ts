/** Owns a real browser for tests of the page, and what no page of ours ever does in one. */
import { Effect, Schedule, type Scope } from "effect"
import { existsSync } from "node:fs"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

const PLACES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
]

/** Where a browser is; undefined where there is none, and then its tests are left out, and that is said. */
export const program = PLACES.find((path) => path !== undefined && existsSync(path))
if (program === undefined)
  process.stderr.write("NO BROWSER: the page is not tested (CHROMIUM says where one is)\n")

/** For as long as its scope. Without a sandbox of its own, as root needs it: it opens nothing but what a test serves. */
export const browserWith = (...args: ReadonlyArray<string>): Effect.Effect<Browser, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() =>
      chromium.launch({
        executablePath: program ?? "",
        args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", ...args]
      })
    ),
    (browser) => Effect.promise(() => browser.close())
  )
export const browser = browserWith()

export interface Visit extends BrowserContextOptions {
  /** What the console may say all the same, e.g. of a request that a test has refused. */
  readonly expected?: RegExp
  /** Runs before any script of the page does. */
  readonly prepare?: (page: Page) => Promise<unknown>
}

/**
 * A page of somebody who has a browser to themselves. However the test ends, it fails where a script has failed, where the console
 * has had an error, or where anything was asked of another origin.
 */
export const visit = Effect.fnUntraced(function* (
  browser: Browser,
  url: string,
  { expected, prepare, ...options }: Visit = {}
): Effect.fn.Return<Page, never, Scope.Scope> {
  const faults: Array<string> = []
  const { origin } = new URL(url)
  const context = yield* Effect.acquireRelease(
    Effect.promise(() => browser.newContext(options)),
    (context) => Effect.promise(() => context.close())
  )
  const page = yield* Effect.promise(() => context.newPage())
  page.on("pageerror", (error) => faults.push(`a script failed: ${error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error" && !expected?.test(message.text())) faults.push(message.text())
  })
  context.on("request", (request) => {
    const asked = new URL(request.url())
    if (!["data:", "blob:"].includes(asked.protocol) && asked.origin !== origin) {
      faults.push(`asked of ${asked.origin}`)
    }
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      if (faults.length > 0) throw new Error(faults.join("\n"))
    })
  )
  if (prepare) yield* Effect.promise(() => prepare(page))
  yield* Effect.promise(() => page.goto(url))
  return page
})

/** Waits until something of the page is as wanted; what it was in the end is told when it never is. */
export const shows = <A>(look: () => Promise<A>, isWanted: (seen: A) => boolean): Effect.Effect<A> =>
  Effect.suspend(() => {
    let last: A | undefined
    return Effect.promise(look).pipe(
      Effect.tap((seen) => Effect.sync(() => (last = seen))),
      Effect.repeat({ until: isWanted, schedule: Schedule.spaced("30 millis") }),
      Effect.timeoutOrElse({
        duration: "30 seconds",
        orElse: () => Effect.die(new Error(`still ${JSON.stringify(last)}`))
      })
    )
  })

/** What the first that is meant says to whoever looks; nothing while it is not there. */
export const text = (page: Page, selector: string) => () =>
  page
    .locator(selector)
    .first()
    .innerText({ timeout: 1000 })
    .catch(() => "")

export const act = <A>(what: () => Promise<A>): Effect.Effect<A> => Effect.promise(what)
