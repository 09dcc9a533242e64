/** Owns `npm start`: the server with its page, or whatever command is named after `--`. */
process.argv.splice(2, 0, ...(process.argv.length > 2 ? [] : ["serve"]))
if (process.argv[2] === "serve") (await import("./page.ts")).prepare()
await import("../src/main.ts")
