/** Owns `io3 route`: who would answer, without asking. */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { Router } from "../core/Router.ts"
import { Mode } from "../domain/Ids.ts"
import type { Route } from "../domain/Route.ts"
import { print } from "./Output.ts"
import { RouteOutput } from "./Results.ts"
import { root } from "./root.ts"

export const route = Command.make(
  "route",
  { mode: Argument.String("mode").pipe(Argument.withSchema(Mode)) },
  Effect.fn(function* ({ mode }) {
    const { output } = yield* root
    const router = yield* Router
    const resolved = yield* router.resolve(mode)
    yield* print(output, RouteOutput, { mode, route: resolved, route_id: mode }, () => describe(resolved))
  })
).pipe(Command.withDescription("Show which provider and model a mode resolves to"))

const describe = (route: Route): string =>
  [
    `mode       ${route.mode}`,
    `primary    ${route.primary}`,
    `secondary  ${route.secondary}`,
    `selected   ${route.selected?.target ?? "none: the stand-in answers"}`,
    `provider   ${route.provider}`,
    `fallback   ${route.fallbackUsed ? route.fallbackReason : "no"}`
  ].join("\n")
