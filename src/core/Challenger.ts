/** Owns the audit of one draft: who judges, what is asked, and how the reply is read. It never speaks to the user. */
import { Context, Effect, Layer, Option } from "effect"
import type { Content } from "../domain/Content.ts"
import { audit } from "../domain/Context.ts"
import type { AuditConcluded } from "../domain/Event.ts"
import { Mode } from "../domain/Ids.ts"
import { type Destination, isSameModel } from "../domain/Route.ts"
import { parse, type Unavailable, wireSchema } from "../domain/Verdict.ts"
import { Configuration } from "../ports/Configuration.ts"
import { Providers } from "../ports/Provider.ts"
import type { Settlement } from "./Answer.ts"
import type { Request } from "./Calls.ts"
import { Router } from "./Router.ts"

const mode = Mode.make("challenger")

export class Challenger extends Context.Service<
  Challenger,
  {
    /** Where an audit goes, or nothing when nobody able to judge is configured. */
    readonly destination: Effect.Effect<Option.Option<Destination>>
    /** Whether a model may judge what another, or itself, has drafted. */
    readonly mayJudge: (judge: Destination, drafter: Destination) => boolean
    /** The question: the user's prompt and the draft between lines that no text can guess. */
    readonly question: (judge: Destination, boundary: string, prompt: Content, draft: Content) => Request
    /** Reads a settled audit, or says why there was none. Anything but a complete, well-formed verdict is `unavailable`. */
    readonly conclude: (
      judge: Option.Option<Destination>,
      drafter: Destination,
      audit: Settlement | Unavailable
    ) => typeof AuditConcluded.Type
  }
>()("io-iii/core/Challenger") {
  static readonly layer = Layer.effect(
    Challenger,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const providers = yield* Providers
      const router = yield* Router

      return Challenger.of({
        destination: router.resolve(mode).pipe(
          Effect.map(({ selected }) =>
            selected && providers.get(selected.provider)?.canAudit ? selected : null
          ),
          Effect.orElseSucceed(() => null),
          Effect.map(Option.fromNullOr)
        ),
        mayJudge: (judge, drafter) =>
          settings.runtime.constellation.allow_same_model || !isSameModel(judge.model, drafter.model),
        question: (judge, boundary, prompt, draft) => ({
          provider: judge.provider,
          model: judge.model,
          messages: audit(settings, boundary, prompt, draft),
          temperature: 0,
          format: wireSchema
        }),
        conclude: (judge, drafter, audit) => {
          const verdict = typeof audit === "string" ? audit : read(audit)
          const unavailable = typeof verdict === "string" ? verdict : null
          const { provider, model } = Option.getOrElse(judge, () => ({ provider: null, model: null }))
          return {
            _tag: "AuditConcluded",
            verdict: typeof verdict === "string" ? null : verdict,
            unavailable,
            provider,
            model,
            independent: model !== null && !isSameModel(model, drafter.model),
            version: "verdict/v1"
          }
        }
      })
    })
  )
}

const read = ({ settled, text }: Settlement) => {
  const none = (why: Unavailable) => why
  if (settled.outcome !== "ok") return none("call_failed")
  // A verdict that was cut off may still parse as one that says less.
  if (settled.finish !== "stop") return none("cut_short")
  return Option.getOrElse(parse(text), () => none("unparsable"))
}
