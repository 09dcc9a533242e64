/** Owns `io3 serve`: what a server says when it begins, and that it ends by finishing what it has begun. */
import { Console, Effect } from "effect"
import { Serving } from "../http/Serving.ts"
import { Router } from "../core/run/Router.ts"
import { Configuration } from "../ports/Configuration.ts"
import { Ending } from "./Ending.ts"
import { print } from "./Output.ts"
import { ServingOutput } from "../api/results/SystemResults.ts"
import { root } from "./root.ts"
import { sayUntrusted } from "./Untrusted.ts"
import { sayUnsigned } from "./Unsigned.ts"

export const serve = Effect.fn(function* () {
  const { output } = yield* root
  const { url, letsTextOut, wantsTokens, isUnnamed, underWay, drain } = yield* Serving
  const ending = yield* Ending
  const router = yield* Router
  const { untrusted } = yield* Configuration
  yield* sayUntrusted
  yield* sayUnsigned
  const routes = yield* Effect.forEach(router.modes, router.resolve)
  const standsIn = routes.every(({ selected }) => selected === null)
  const facts = {
    url,
    content_release: letsTextOut,
    stand_in: standsIn,
    tokens_required: wantsTokens()
  }
  yield* print(output, ServingOutput, facts, () => url)
  if (output === "text") {
    yield* Console.error(
      [
        standsIn
          ? untrusted.length > 0
            ? "The stand-in answers, for as long as this folder's providers are not trusted."
            : "No model is configured: the stand-in answers (io3 init sets a folder up)."
          : "",
        `Text ${letsTextOut ? "leaves" : "does not leave"} over HTTP (content_release). The contract: ${url}/openapi.json`,
        isUnnamed ? "Whoever asks by another name is refused: server.hosts in runtime.yaml names it." : "",
        wantsTokens()
          ? "It wants a token (io3 token create, Authorization: Bearer …; a browser: io3 token login)."
          : "",
        "Ctrl-C ends it: what is under way has some seconds more."
      ]
        .filter((line) => line !== "")
        .join("\n")
    )
  }
  const goodbye = Effect.suspend(() =>
    output === "text" && underWay() > 0
      ? Console.error("It ends: what is under way has some seconds more. Ctrl-C again ends that, too.")
      : Effect.void
  )
  return yield* Effect.never.pipe(
    Effect.onInterrupt(() =>
      ending.well.pipe(Effect.andThen(goodbye), Effect.andThen(Effect.raceFirst(drain, ending.again)))
    )
  )
})
