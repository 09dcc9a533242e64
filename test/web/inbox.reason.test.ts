/** Sends a decision without what it needs, in a real browser, and looks where that is said. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { act, browser, program, shows, text, visit } from "../support/browser.ts"
import { slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { served } from "../support/served.ts"

describe.skipIf(program === undefined)("a decision that is written", slowly, () => {
  it.live("says where it is seen that a reason is wanting, and of what", () =>
    Effect.gen(function* () {
      const { url, decoded } = yield* served(
        (socket) => void socket.write(says("Red, green and blue.")),
        "steward_thresholds: { always: true }\n"
      )
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", { mode: "steward" })
      const { run_id } = yield* decoded(TurnOutput, 202, "POST", `/session/${session_id}/turn`, {
        prompt: "Name colours."
      })
      const page = yield* visit(yield* browser, `${url}/#/inbox/${run_id}`, {
        viewport: { width: 390, height: 500 }
      })
      const press = (key: string) => act(() => page.keyboard.press(key))
      yield* shows(text(page, ".held-released .exact"), (seen) => seen.includes("Red"))
      yield* press("e")
      yield* act(() => page.getByLabel("What leaves instead").fill("Red, green, blue and grey."))
      const reasons = page.getByRole("radiogroup", { name: /^Reason/u })
      assert.strictEqual(yield* act(() => reasons.getAttribute("aria-invalid")), null)
      assert.strictEqual(yield* act(() => reasons.getAttribute("aria-required")), "true")
      for (const isAgain of [false, true]) {
        if (isAgain) yield* act(() => page.locator(".held h2").scrollIntoViewIfNeeded())
        yield* act(() => page.getByLabel("What leaves instead").focus())
        yield* press("Control+Enter")
        // The whole of it, with what was to be pressed.
        yield* shows(
          () =>
            page
              .locator(".written-lack, .written [type=submit]")
              .evaluateAll((all) =>
                all.map((one) => one.getBoundingClientRect()).map(({ top, bottom }) => [top, bottom])
              ),
          (places) => places.length === 2 && places.flat().every((y) => y! > 0 && y! < 500)
        )
      }
      const describedBy = yield* act(() => reasons.getAttribute("aria-describedby"))
      assert.strictEqual(yield* act(() => reasons.getAttribute("aria-invalid")), "true")
      assert.match(yield* act(() => page.locator(`#${describedBy}`).innerText()), /Choose a reason/u)
      yield* press("Space")
      assert.strictEqual(yield* act(() => reasons.getAttribute("aria-invalid")), null)
      yield* shows(text(page, ".written-lack"), (seen) => seen === "")
    })
  )
})
