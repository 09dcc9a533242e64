/**
 * Owns `npm run bench`: prints medians over interleaved rounds, and ratios against references of the same run. Parts are named
 * after `--`; `http --soak MINUTES` keeps the server busy for so long and looks at its memory alone.
 */
const parts = {
  durable: async () => (await import("./bench/durable.ts")).durable(),
  http: async () => (await import("./bench/http.ts")).http(),
  ledger: async () => (await import("./bench/ledger.ts")).ledger(),
  runbooks: async () => (await import("./bench/runbooks.ts")).runbooks(),
  sessions: async () => (await import("./bench/sessions.ts")).sessions(),
  start: async () => (await import("./bench/start.ts")).start()
}
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"))
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) process.stdout.write(`${await measure()}\n\n`)
}
