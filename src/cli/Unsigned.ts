/** Owns what is said where messages are owed to endpoints and nothing can sign them: as the doctor does, whoever does not ask. */
import { Effect } from "effect"
import { faults } from "../domain/integrity/Faults.ts"
import { ofWebhooks } from "../domain/integrity/Webhooks.ts"
import { Configuration } from "../ports/Configuration.ts"
import { Notifier } from "../ports/Notifier.ts"
import { note } from "./Output.ts"

export const sayUnsigned = Effect.gen(function* () {
  const { settings } = yield* Configuration
  for (const { fault, name } of ofWebhooks(settings.runtime, yield* Notifier, [])) {
    const { problem, fix } = faults[fault]
    yield* note(`${name ?? ""}: ${problem} ${fix}`)
  }
})
