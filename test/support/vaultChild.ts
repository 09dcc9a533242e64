/** Owns a process that makes a stream's keys, and with them the master key where there is none: `node vaultChild.ts DIRECTORY`. It says the wrapped keys, or why there are none. */
import { Effect } from "effect"
import * as Aes from "../../src/adapters/vault/Aes.ts"
import { Vault } from "../../src/ports/Vault.ts"
import { run } from "./ledger.ts"

const [directory = ""] = process.argv.slice(2)

const line = await Effect.runPromise(
  Vault.use((vault) => vault.create(run("a"))).pipe(
    Effect.provide(Aes.layer({ directory })),
    Effect.match({
      onSuccess: ({ wrapped }) => Buffer.from(wrapped).toString("hex"),
      onFailure: ({ code }) => code
    })
  )
)
process.stdout.write(`${line}\n`)
