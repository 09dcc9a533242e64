/** Owns `io3 runbook erase`: it asks once, since nothing brings an erased text back. */
import { Effect } from "effect"
import { ErasedRunbook, RunbookErasure } from "../../core/runbook/RunbookErasure.ts"
import { Principal } from "../../domain/Ids.ts"
import { confirmed, scrubbing } from "../erase.ts"
import { counted } from "../Facts.ts"
import { print } from "../Output.ts"
import { root } from "../root.ts"

interface Flags {
  readonly run: string
  readonly yes: boolean
}

export const erase = Effect.fn(function* ({ run, yes }: Flags) {
  const { output } = yield* root
  if (!yes && !(yield* confirmed("The texts of this runbook and of all its steps", output === "text"))) return
  const erasure = yield* RunbookErasure
  yield* print(output, ErasedRunbook, yield* erasure.erase(run, Principal.make("local")), describe)
})

const describe = ({ run, runs, scrubbed }: ErasedRunbook): string =>
  [`Erased, with ${counted(runs, "run")}.`, scrubbing(run, scrubbed)].join("\n")
