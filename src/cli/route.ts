/** Owns `io3 route`: who would answer, without asking. */
import { Effect, Option, Schema } from "effect"
import { Router } from "../core/run/Router.ts"
import type { Mode } from "../domain/Ids.ts"
import { mayAnswer, type Route } from "../domain/run/Route.ts"
import { print } from "./Output.ts"
import { RouteOutput, routeOutput } from "../api/results/RunResults.ts"
import { root } from "./root.ts"
import { sayUntrusted } from "./Untrusted.ts"

export const route = Effect.fn(function* ({ mode }: { readonly mode: Option.Option<Mode> }) {
  const { output } = yield* root
  const router = yield* Router
  yield* sayUntrusted
  if (Option.isSome(mode)) {
    const resolved = yield* router.resolve(mode.value)
    return yield* print(output, RouteOutput, routeOutput(resolved), () => describe(resolved))
  }
  const all = yield* Effect.forEach(router.modes, router.resolve)
  yield* print(output, Schema.Array(RouteOutput), all.map(routeOutput), () => all.map(line).join("\n"))
})

const selected = ({ selected }: Route): string => selected?.target ?? "none: the stand-in answers"

const line = (route: Route): string =>
  `${route.mode.padEnd(14)} ${selected(route)}${mayAnswer(route.mode) ? "" : " (audits, answers nobody)"}`

const describe = (route: Route): string =>
  [
    `mode       ${route.mode}`,
    `primary    ${route.primary}`,
    `secondary  ${route.secondary}`,
    `selected   ${selected(route)}`,
    `provider   ${route.provider}`,
    `fallback   ${route.fallbackUsed ? route.fallbackReason : "no"}`,
    ...(mayAnswer(route.mode) ? [] : ["answers    nobody: it audits, and io3 run refuses it"])
  ].join("\n")
