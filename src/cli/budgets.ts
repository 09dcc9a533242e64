/** Owns `io3 budgets`: what the local user may still spend, and when more of it comes back. */
import { DateTime, Effect, Option } from "effect"
import { Budgets } from "../core/run/Budgets.ts"
import { Account } from "../domain/run/Account.ts"
import type { Amount } from "../domain/run/Budget.ts"
import { Principal } from "../domain/Ids.ts"
import { Configuration } from "../ports/Configuration.ts"
import { counted } from "./Facts.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"
import { sayUntrusted } from "./Untrusted.ts"

export const budgets = Effect.fn(function* () {
  const { output } = yield* root
  const { settings } = yield* Configuration
  yield* sayUntrusted
  const account = yield* (yield* Budgets).account(Principal.make("local"), settings.runtime.budgets ?? null)
  yield* print(output, Account, account, describe)
})

const describe = ({ principal, window, limits, spent, reserved, left, next }: Account): string =>
  [
    `${principal} · the last ${window.hours} ${window.hours === 1 ? "hour" : "hours"}, from ${time(window.from)}`,
    ...(["calls", "tokens"] as const).map((what) =>
      [
        `  ${what.padEnd(6)}  ${spent[what]} spent`,
        ...(reserved[what] > 0 ? [`${reserved[what]} reserved by open runs`] : []),
        limits[what] === null ? "no limit" : `${left[what]} of ${limits[what]} left`
      ].join(" · ")
    ),
    ...(next ? [`  at ${time(next.at)}, ${amount(next)} fall out of the window`] : [])
  ].join("\n")

const amount = ({ calls, tokens }: Amount): string =>
  `${counted(calls, "call")} and ${counted(tokens, "token")}`

const time = (at: number): string =>
  Option.match(DateTime.make(at), { onNone: () => String(at), onSome: DateTime.formatIso })
