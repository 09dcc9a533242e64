/** Owns `npm start`: the server, or whatever command is named after `--`. */
process.argv.splice(2, 0, ...(process.argv.length > 2 ? [] : ["serve"]))
await import("../src/main.ts")
