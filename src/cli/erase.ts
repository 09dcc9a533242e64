/** Owns `io3 runs erase`: it asks once, since nothing brings an erased text back. */
import { Console, Effect, Stdio, Terminal } from "effect"
import { Erased, Erasure } from "../core/ledger/Erasure.ts"
import { Principal, type RunId, type SessionId } from "../domain/Ids.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"
import { misused } from "./Usage.ts"

export const erase = Effect.fn(function* ({ run, yes }: { readonly run: string; readonly yes: boolean }) {
  const { output } = yield* root
  if (!yes && !(yield* confirmed("The texts of this run", output === "text"))) return
  const erasure = yield* Erasure
  yield* print(output, Erased, yield* erasure.erase(run, Principal.make("local")), describe)
})

/** Asks on a terminal. Somewhere else nobody could answer, and not having said `--yes` is a wrong invocation. */
export const confirmed = Effect.fnUntraced(function* (what: string, mayAsk: boolean) {
  const stdio = yield* Stdio.Stdio
  if (!mayAsk || !(yield* stdio.stdinIsTerminal)) {
    return yield* misused("Erasing cannot be undone: say --yes")
  }
  yield* Console.error(`${what} will be gone for good; the record stands. Type yes to go on:`)
  // The end of the input is no yes either.
  const answer = yield* Effect.orElseSucceed((yield* Terminal.Terminal).readLine, () => "")
  const said = answer.trim().toLowerCase() === "yes"
  if (!said) yield* Console.error("Nothing was erased.")
  return said
})

const describe = ({ run, scrubbed }: Erased): string => scrubbing(run, scrubbed)

/** What is left of texts that were erased, and where. */
export const scrubbing = (what: RunId | SessionId, scrubbed: boolean): string =>
  scrubbed
    ? `Erased: nobody can read the texts of ${what} any more. Copies made with io3 ledger backup still hold their key.`
    : [
        `Erased: ${what}. Another io3 process is reading the journal, and until it stops, the journal's log may hold the key.`,
        "The next command that writes, io3 run for example, empties the log once that process has ended."
      ].join("\n")
