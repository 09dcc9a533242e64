/** Owns `io3 config show`: the configuration in force, and where each value came from. */
import { Effect } from "effect"
import { ConfigOutput } from "../api/results/SystemResults.ts"
import { Configuration, rows, type Row } from "../ports/Configuration.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"
import { sayUntrusted } from "./Untrusted.ts"

export const show = Effect.fn(function* ({ origin }: { readonly origin: boolean }) {
  const { output } = yield* root
  const configuration = yield* Configuration
  yield* sayUntrusted
  yield* print(output, ConfigOutput, rows(configuration), (listing) => render(listing, origin))
})

const render = (listing: ReadonlyArray<Row>, withOrigin: boolean): string => {
  const byFile = Map.groupBy(listing, ({ file }) => file)
  return [...byFile]
    .map(([file, values]) =>
      [
        file,
        ...values.map(({ key, value, origin }) => `  ${key} = ${value}${withOrigin ? `  (${origin})` : ""}`)
      ].join("\n")
    )
    .join("\n\n")
}
