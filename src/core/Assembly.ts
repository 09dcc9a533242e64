/** Owns the assembled context of a run and the record of it; the order and wording of its parts are `domain/Context`'s. */
import { Context, Effect, Layer } from "effect"
import type { Content } from "../domain/Content.ts"
import {
  bytes,
  canonicalMessages,
  chars,
  type Context as Assembled,
  draft,
  estimateTokens
} from "../domain/Context.ts"
import type { ContextAssembled } from "../domain/Event.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { ContentId, type Mode } from "../domain/Ids.ts"
import type { Route } from "../domain/Route.ts"
import { Configuration } from "../ports/Configuration.ts"
import type { RunLog } from "./RunLog.ts"

export interface Sources {
  readonly mode: Mode
  readonly route: Route
  readonly audit: boolean
  readonly prompt: Content
  readonly file: Content | null
}

export class Assembly extends Context.Service<
  Assembly,
  {
    /** `CONTEXT_LIMIT_EXCEEDED` when the messages have more code points than configured; nothing was called then. */
    readonly assemble: (
      sources: Sources,
      log: RunLog
    ) => Effect.Effect<
      { readonly context: Assembled; readonly event: typeof ContextAssembled.Type },
      RuntimeFailure
    >
  }
>()("io-iii/core/Assembly") {
  static readonly layer = Layer.effect(
    Assembly,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const allowed = settings.runtime.context_limit_chars

      return Assembly.of({
        assemble: Effect.fn("Assembly.assemble")(function* (sources, log) {
          const context = draft({ ...sources, settings })
          const actual = chars(context.messages)
          if (allowed > 0 && actual > allowed) {
            return yield* failure("CONTEXT_LIMIT_EXCEEDED", "context", { limit: { actual, allowed } })
          }
          const event: typeof ContextAssembled.Type = {
            _tag: "ContextAssembled",
            version: "context/v1",
            segments: context.segments.map(({ name, content, dropped }) => ({
              name,
              chars: content.length,
              estimatedTokens: estimateTokens(content),
              digest: log.digest(ContentId.make(name), content),
              dropped
            })),
            promptHash: log.digest(ContentId.make("messages"), canonicalMessages(context.messages)),
            messages: context.messages.length,
            chars: actual,
            bytes: bytes(context.messages)
          }
          return { context, event }
        })
      })
    })
  )
}
