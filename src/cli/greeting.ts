/** Owns `io3 greeting`: what the persona says to who connects. */
import { Effect } from "effect"
import { GreetingOutput } from "../api/results/SystemResults.ts"
import { greeting as configured } from "../core/run/Greeting.ts"
import { say } from "./AnswerText.ts"
import { note, print } from "./Output.ts"
import { root } from "./root.ts"

export const greeting = Effect.fn(function* () {
  const { output } = yield* root
  const words = yield* configured
  if (output !== "text") {
    return yield* print(output, GreetingOutput, { greeting: words?.text ?? null }, () => "")
  }
  yield* words ? say(words) : note("No greeting is configured (identity.greeting in persona.yaml).")
})
