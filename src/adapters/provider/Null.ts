/** Owns the stand-in that answers where no model is configured: deterministic, offline, and saying what it is. */
import { Effect, Stream } from "effect"
import { Content } from "../../domain/Content.ts"
import { estimateTokens } from "../../domain/run/Messages.ts"
import { NULL_PROVIDER } from "../../domain/run/Route.ts"
import type { Delta, Provider } from "../../ports/Provider.ts"

const WINDOW = 8192

/** Counts what it was asked, and repeats none of it. One word is one token. */
export const make: Provider = {
  name: NULL_PROVIDER,
  local: true,
  canAudit: false,
  window: WINDOW,
  generate: (intent, call) => {
    const asked = call.messages.findLast((message) => message.role === "user")?.content ?? Content.empty
    const all = words(asked.length)
    const said = all.slice(0, intent.permit.reservation.outputTokens)
    return Stream.fromIterable<Delta>([
      ...said.map((word) => ({ _tag: "Text" as const, content: Content.of(word) })),
      {
        _tag: "End",
        finish: said.length < all.length ? "length" : "stop",
        inputTokens: call.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0),
        outputTokens: said.length
      }
    ]).pipe(Stream.rechunk(1))
  },
  health: Effect.void,
  models: Effect.succeed([])
}

const words = (chars: number): ReadonlyArray<string> =>
  [
    "No model is configured, or --offline was said: this is the built-in stand-in answering and not a model.",
    `Your message has ${chars} characters; it was routed, bounded and recorded as for a model, and stayed on this machine.`,
    "Run `io3 init` to set up a local Ollama."
  ]
    .join(" ")
    .split(/(?<= )/)
