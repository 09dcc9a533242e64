/** Owns the audit of one draft: who judges, what is asked, and how the reply is read. It never speaks to the user. */
import { Context, Effect, Layer, Option } from "effect"
import type { Content } from "../../domain/Content.ts"
import { audit, type Question } from "../../domain/run/Context.ts"
import { exact } from "../../domain/run/Generation.ts"
import type { AuditConcluded } from "../../domain/Event.ts"
import * as Governance from "../../domain/run/Governance.ts"
import type { Destination } from "../../domain/run/Route.ts"
import { parse, type Unavailable, type Verdict, wireFormat } from "../../domain/run/Verdict.ts"
import { Configuration } from "../../ports/Configuration.ts"
import type { Settlement } from "./Answer.ts"
import type { Request } from "./Calls.ts"
import { PolicyInForce } from "./PolicyInForce.ts"

export class Challenger extends Context.Service<
  Challenger,
  {
    /** Where an audit goes; null when nobody able to judge is configured. */
    readonly destination: Destination | null
    /** The question: the user's prompt, after which turns, and the draft between lines that no text can guess. */
    readonly question: (judge: Destination, boundary: string, asked: Question, draft: Content) => Request
    /** Reads a settled audit, or says why there was none. Anything but a complete, well-formed verdict is `unavailable`. */
    readonly conclude: (
      judge: Destination | null,
      drafter: Destination,
      audit: Settlement | Unavailable
    ) => typeof AuditConcluded.Type
  }
>()("io-iii/core/run/Challenger") {
  static readonly layer = Layer.effect(
    Challenger,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const policy = yield* PolicyInForce

      return Challenger.of({
        destination: Governance.auditorOf(policy),
        question: (judge, boundary, asked, draft) => ({
          provider: judge.provider,
          model: judge.model,
          messages: audit(settings, boundary, asked, draft),
          sampling: exact,
          format: wireFormat
        }),
        conclude: (judge, drafter, audit) =>
          Governance.conclude(judge, drafter, typeof audit === "string" ? audit : read(audit))
      })
    })
  )
}

const read = ({ settled, text }: Settlement): Verdict | Unavailable =>
  Governance.silence(settled) ?? Option.getOrElse(parse(text), () => "unparsable" as const)
