/**
 * Owns a process of its own that trusts folders while others do: `node trustChild.ts TRUSTED FOLDER …`. It begins once its
 * standard input ends.
 */
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { grant } from "../../src/adapters/config/Trust.ts"

const [trusted = "", ...folders] = process.argv.slice(2)

process.stdout.write("ready\n")
readFileSync(0)
await Effect.runPromise(Effect.forEach(folders, (folder) => grant(trusted, folder, new Map())))
