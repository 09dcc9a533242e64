/**
 * Owns a process of its own that appends to a metadata log others append to: `node metadataChild.ts FOLDER MAX_BYTES FIRST
 * COUNT LEDGER`. Before each line it adds a byte to LEDGER: so many runs have ended.
 */
import { Effect } from "effect"
import { appendFileSync } from "node:fs"
import * as FileLog from "../../src/adapters/metadata/FileLog.ts"
import { MetadataLog } from "../../src/ports/MetadataLog.ts"
import { recordOf } from "./metadata.ts"

const [folder = "", maxBytes, first, count, ledger = ""] = process.argv.slice(2)
const numbers = Array.from({ length: Number(count) }, (_, index) => Number(first) + index)

await Effect.runPromise(
  MetadataLog.use(({ append }) =>
    Effect.forEach(numbers, (number) => {
      appendFileSync(ledger, ".")
      return append([recordOf(number)])
    })
  ).pipe(Effect.provide(FileLog.layer({ folder, maxBytes: Number(maxBytes) })))
)
