/** Holds the system's part of the page, in a real browser, to what the server says of itself. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { hindrances } from "../support/accessible.ts"
import { act, browser, program, shows, text, visit } from "../support/browser.ts"
import { home, slowly } from "../support/io3.ts"
import { configuration, model, says } from "../support/model.ts"
import { tokensIn } from "../support/tokens.ts"
import { serving } from "../support/served.ts"
import { configure } from "../support/io3.ts"

describe.skipIf(program === undefined)("the system's part of the page", slowly, () => {
  it.live("leads somebody without a model to one, step by step", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(yield* home())
      const page = yield* visit(yield* browser, `${url}/#/system`)
      const guide = yield* shows(text(page, ".first-run"), (seen) => seen.includes("No model yet"))
      for (const command of ["ollama.com/install.sh", "ollama pull", "io3 init", "start the server again"])
        assert.include(guide, command)
      yield* act(() => page.getByLabel("Windows").check())
      assert.include(yield* act(text(page, ".first-run")), "winget install")
      yield* act(() => page.getByRole("button", { name: "Try again" }).click())
      yield* shows(text(page, ".first-run [role=status]"), (seen) => seen.includes("Still no model"))
      const health = yield* shows(text(page, ".finding"), (seen) => seen !== "")
      assert.include(health, "PROVIDER_NONE")
      const routes = yield* act(() => page.getByRole("region", { name: "Routes" }).innerText())
      assert.include(routes, "the stand-in")
      assert.deepStrictEqual(yield* hindrances(page), [])
      assert.strictEqual(yield* act(() => page.locator(".whose").count()), 0)
    })
  )

  it.live(
    "shows what is wrong with what helps, worst first; routes, budgets and where each value comes from",
    () =>
      Effect.gen(function* () {
        const where = yield* home()
        const server = yield* model((socket) => void socket.write(says("A receipt is a record.")))
        const files = configuration(server)
        yield* configure(where.userConfig, {
          ...files,
          "routing_table.yaml": `${files["routing_table.yaml"]}    fast: { primary: "local:nobody", secondary: "local:nobody" }\n`,
          "runtime.yaml": "budgets:\n  window_hours: 24\n  tokens: 100000\n  calls: 20\n"
        })
        const { url, ask } = yield* serving(where)
        for (let number = 0; number < 3; number++)
          yield* ask("POST", "/run", { mode: "executor", prompt: "What?" })
        const told = <A>(path: string) => Effect.map(ask("GET", path), (reply) => JSON.parse(reply.text) as A)
        const page = yield* visit(yield* browser, `${url}/#/system`)

        yield* shows(text(page, ".findings"), (seen) => seen !== "")
        const { findings } = yield* told<{
          findings: ReadonlyArray<{ fault: string; problem: string; fix: string; severity: string }>
        }>("/doctor")
        const shown = yield* act(() => page.locator(".finding").allInnerTexts())
        const faults = [...new Set(findings.map(({ fault }) => fault))]
        assert.include(faults, "MODEL_MISSING")
        assert.deepStrictEqual(
          shown.map((one) => faults.find((fault) => one.includes(fault))),
          faults
        )
        for (const { fault, problem, fix, severity } of findings) {
          const one = shown.find((text) => text.includes(fault))!
          for (const said of [problem, fix, severity]) assert.include(one, said)
        }
        assert.strictEqual(yield* act(() => page.locator(".first-run").count()), 0)

        const line = yield* act(() => page.locator(".routes li").filter({ hasText: "executor" }).innerText())
        for (const said of ["writer", "second"]) assert.include(line, said)
        assert.include(
          yield* act(() => page.locator(".routes li").filter({ hasText: "challenger" }).innerText()),
          "judge"
        )

        const { spent, reserved } = yield* told<{
          spent: { calls: number; tokens: number }
          reserved: { calls: number; tokens: number }
        }>("/budgets")
        const meters = yield* act(() =>
          page
            .getByRole("meter")
            .evaluateAll((all) =>
              all.map((one) =>
                ["aria-label", "aria-valuenow", "aria-valuemax"].map((name) => one.getAttribute(name))
              )
            )
        )
        assert.deepStrictEqual(meters, [
          ["Calls", String(spent.calls + reserved.calls), "20"],
          ["Tokens", String(spent.tokens + reserved.tokens), "100000"]
        ])
        assert.strictEqual(spent.calls, 3)

        yield* act(() => page.getByLabel("Search keys and values").fill("budgets user"))
        const values = () => page.locator(".config-file dl > div").allInnerTexts()
        const found = yield* shows(values, (seen) => seen.length === 3)
        assert.isTrue(
          found.some(
            (value) => value.includes("budgets.tokens") && value.includes("100000") && value.includes("user")
          )
        )
        yield* act(() => page.getByLabel("Search keys and values").fill("nothing like that"))
        yield* shows(values, (seen) => seen.length === 0)
      })
  )

  it.live("says to somebody with a token who they are, and lets them out", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const tokens = tokensIn(where)
      const { id } = yield* tokens.issue("carol", "viewer")
      const { url } = yield* serving(where)
      const page = yield* visit(yield* browser, `${url}/#/login/${yield* tokens.offer(id)}`, {
        expected: /40[13]/u
      })
      // In every part, beside the ways to the others.
      for (const part of ["Ledger", "System"]) {
        yield* act(() => page.getByRole("link", { name: part, exact: true }).click())
        yield* shows(text(page, ".rail .whose"), (seen) => /carol\s+viewer/u.test(seen))
      }
      const who = yield* shows(text(page, "section[aria-labelledby=who]"), (seen) => seen.includes("carol"))
      assert.include(who, "viewer")
      assert.strictEqual(yield* act(() => page.locator(".roles .own dt").innerText()), "viewer")
      yield* act(() => page.locator("section[aria-labelledby=who] button").click())
      yield* shows(text(page, ".door"), (seen) => seen.includes("wants to know who you are"))
    })
  )
})
