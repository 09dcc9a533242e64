/** Owns `npm run bench`: prints medians over interleaved rounds, and ratios against references of the same run. */
import { durable } from "./bench/durable.ts"
import { http } from "./bench/http.ts"
import { ledger } from "./bench/ledger.ts"
import { runbooks } from "./bench/runbooks.ts"
import { sessions } from "./bench/sessions.ts"
import { start } from "./bench/start.ts"

const parts = { durable, http, ledger, runbooks, sessions, start }
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"))
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) process.stdout.write(`${await measure()}\n\n`)
}
