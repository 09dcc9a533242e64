/** Owns the states of the ledger, of the system, and of a page that does not know who one is. */
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { type Furnished, press, sees, type State } from "./pageScene.ts"
import { tokensIn } from "./tokens.ts"

/** `decided` is a run that a steward has decided about by then. */
export const records = ({ go, ask }: Furnished, decided: string): ReadonlyArray<State> => {
  const runOf = (standing: string) =>
    Effect.runPromise(
      Effect.map(ask("GET", "/run?standing=" + standing), ({ text }) => {
        const { runs } = JSON.parse(text) as {
          runs: ReadonlyArray<{ run: string; usage: { calls: number } }>
        }
        return runs.toSorted((one, other) => other.usage.calls - one.usage.calls)[0]!.run
      })
    )
  const verify = (page: Page) => page.locator(".verify .main").click()
  return [
    {
      name: "ledger-list",
      reach: async (page) => {
        await go(page, "ledger", "released")
      }
    },
    {
      name: "ledger-verifying",
      reach: async (page) => {
        await page.route("**/ledger/export", () => {})
        await verify(page)
        await page.locator(".working").waitFor()
      }
    },
    {
      name: "ledger-verified",
      isPictured: true,
      reach: async (page) => {
        await page.locator(".working button").click()
        await page.unroute("**/ledger/export")
        await verify(page)
        await sees(page, /Everything holds/u)
      }
    },
    {
      name: "ledger-broken",
      reach: async (page) => {
        await page.route("**/ledger/export", async (route) => {
          const response = await route.fetch()
          const body = (await response.text()).replace(/"latencyMillis":\d/u, '"latencyMillis":7')
          await route.fulfill({
            response,
            body: body.replace(/"latencyMillis":7(\d*)/u, '"latencyMillis":8$1')
          })
        })
        await verify(page)
        await sees(page, /It does not hold/u)
        await page.unroute("**/ledger/export")
      }
    },
    {
      name: "ledger-run",
      isPictured: true,
      reach: async (page) => go(page, `ledger/${await runOf("released")}`, "Receipt")
    },
    { name: "ledger-decided", reach: (page) => go(page, `ledger/${decided}`, "Nothing left this run.") },
    {
      name: "ledger-held",
      reach: async (page) => go(page, `ledger/${await runOf("held")}`, "Nothing left this run.")
    },
    {
      name: "ledger-refused",
      reach: async (page) => go(page, `ledger/${await runOf("refused")}`, "Nothing left this run.")
    },
    { name: "ledger-stream", reach: (page) => go(page, "ledger/config", "Configuration in force") },
    {
      name: "ledger-missing",
      reach: (page) => go(page, "ledger/00000000-0000-7000-8000-000000000000", /record/u)
    }
  ]
}

export const systems = ({ go }: Furnished): ReadonlyArray<State> => [
  { name: "system", reach: (page) => go(page, "system", /Nothing is wrong|wrong/u) },
  {
    name: "system-configuration",
    reach: async (page) => {
      await page.getByLabel("Search keys and values").fill("budgets")
      await sees(page, "budgets.tokens")
    }
  }
]

/** From the moment on in which the server knows people by their tokens. */
export const doors = (
  { go, where, process }: Furnished,
  chain: string,
  waiting: string
): ReadonlyArray<State> => {
  const as = (page: Page, name: string, role: "operator" | "steward" | "viewer") =>
    Effect.runPromise(tokensIn(where).issue(name, role)).then(({ headers }) =>
      page.context().setExtraHTTPHeaders(headers)
    )
  return [
    {
      name: "door",
      isPictured: true,
      reach: async (page) => {
        await Effect.runPromise(tokensIn(where).issue("olga", "operator"))
        await go(page, "chat", "This server wants to know who you are")
      }
    },
    {
      name: "door-used",
      reach: async (page) => {
        await page.getByLabel("Or paste the link here").fill(`http://elsewhere/#/login/${"x".repeat(43)}`)
        await press(page, "Enter")
        await page.getByRole("alert").filter({ hasText: /./u }).first().waitFor()
      }
    },
    {
      name: "chat-viewer",
      reach: async (page) => {
        await as(page, "vera", "viewer")
        await go(page, `chat/${chain}`, /your role is viewer/u)
      }
    },
    { name: "inbox-viewer", reach: (page) => go(page, `inbox/${waiting}`, /Only a steward sees/u) },
    {
      name: "chat-away",
      reach: async (page) => {
        await as(page, "olga", "operator")
        await go(page, `chat/${chain}`, /signature over the root/u)
        process.kill("SIGKILL")
        await sees(page, "The server does not answer.")
      }
    }
  ]
}
