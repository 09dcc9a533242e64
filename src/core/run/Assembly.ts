/** Owns the assembled context of a run and its limit; the order and wording of its parts are `domain/run/Context`'s. */
import { Context, Effect, Layer, Result } from "effect"
import { type Context as Assembled, draft, type Sources as Draft } from "../../domain/run/Context.ts"
import {
  bytes,
  canonicalMessages,
  chars,
  estimateTokens,
  type Message,
  overLimit
} from "../../domain/run/Messages.ts"
import type { ContextAssembled } from "../../domain/Event.ts"
import { failure, type Phase, type RuntimeFailure } from "../../domain/Failure.ts"
import { ContentId } from "../../domain/Ids.ts"
import type { Recalled } from "../../domain/memory/Recall.ts"
import { Configuration } from "../../ports/Configuration.ts"
import type { StreamVault } from "../../ports/Vault.ts"

export type Sources = Omit<Draft, "settings">

export class Assembly extends Context.Service<
  Assembly,
  {
    /** The messages of a draft, or why there are none. */
    readonly assemble: (sources: Sources) => Result.Result<Assembled, RuntimeFailure>
    /**
     * Lets messages through to a model, whatever they are for: null, or `CONTEXT_LIMIT_EXCEEDED` when they have more code
     * points than configured; nothing is called then.
     */
    readonly admit: (messages: ReadonlyArray<Message>, phase: Phase) => RuntimeFailure | null
  }
>()("io-iii/core/run/Assembly") {
  static readonly layer = Layer.effect(
    Assembly,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const allowed = settings.runtime.context_limit_chars

      const admit = (messages: ReadonlyArray<Message>, phase: Phase) => {
        const limit = overLimit(messages, allowed)
        return limit && failure("CONTEXT_LIMIT_EXCEEDED", phase, { limit })
      }

      return Assembly.of({
        admit,
        assemble: (sources) => {
          const context = draft({ ...sources, settings })
          const refused = admit(context.messages, "context")
          return refused ? Result.fail(refused) : Result.succeed(context)
        }
      })
    })
  )
}

/** What the worst case is computed from. */
export const sizeOf = ({ messages }: Pick<Assembled, "messages">) => ({
  bytes: bytes(messages),
  messages: messages.length
})

/** What is recorded of a context: sizes, and digests under the run's own keys. */
export const recordOf = (
  { messages, segments, history, clientHistory }: Assembled,
  digest: StreamVault["digest"],
  recalled: ReadonlyArray<Recalled> | undefined
): typeof ContextAssembled.Type => ({
  _tag: "ContextAssembled",
  version: "context/v1",
  segments: segments.map(({ name, content, dropped }) => ({
    name,
    chars: content.length,
    estimatedTokens: estimateTokens(content),
    digest: digest(ContentId.make(name), content),
    dropped
  })),
  promptHash: digest(ContentId.make("messages"), canonicalMessages(messages)),
  messages: messages.length,
  chars: chars(messages),
  bytes: bytes(messages),
  ...(history && { history }),
  ...(recalled && { memory: recalled }),
  ...(clientHistory && { clientHistory })
})
