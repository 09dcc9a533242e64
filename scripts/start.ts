/** Owns `npm start`: the server with its page, or whatever command is named after `--`. */
const [first] = process.argv.slice(2)
// What only a server is told is said of a server.
if (first === undefined || /^--(?:host|port)(?:=|$)/u.test(first)) process.argv.splice(2, 0, "serve")
// npm does not hand on that it was told to end: what it has begun this with is gone then.
if (process.env["npm_lifecycle_event"] !== undefined) {
  const parent = process.ppid
  const watching = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watching)
    process.kill(process.pid, "SIGTERM")
  }, 500).unref()
}
if (process.argv[2] === "serve") (await import("./page.ts")).prepare()
await import("../src/main.ts")
