#!/usr/bin/env node
/**
 * Checks an export of an io-iii ledger, or a disclosed receipt, with nothing of io-iii: Node's own modules alone. What is
 * checked, and the name of each thing that can be false, is in docs/ledger-format.md. Take this file and the folder beside
 * it wherever you like. It prints the first thing that is false, and nothing of what it reads but names of runs.
 */
import { closeSync, openSync, readFileSync, readSync, realpathSync } from "node:fs"
import { verifyDisclosure, verifyExport } from "./verify-ledger/files.mjs"

export { verifyDisclosure, verifyExport }

const USAGE = `usage: verify-ledger.mjs EXPORT [--public-key FILE|HEX] [--checkpoint FILE] [--json]
       verify-ledger.mjs DISCLOSURE --text FILE [--public-key FILE|HEX] [--json]
`
const CHUNK = 1024 * 1024

class Usage extends Error {}

const argumentsOf = (given) => {
  const asked = { file: null, json: false }
  for (let at = 0; at < given.length; at++) {
    const name = given[at]
    if (name === "--json") asked.json = true
    else if (name === "--public-key" || name === "--checkpoint" || name === "--text") {
      if (given[at + 1] === undefined) throw new Usage()
      asked[name] = given[++at]
    } else if (name.startsWith("-") || asked.file !== null) throw new Usage()
    else asked.file = name
  }
  if (asked.file === null) throw new Usage()
  return asked
}

const publicKeyOf = (given) => {
  if (given === undefined) return null
  const key = /^[0-9a-f]{64}$/.test(given) ? given : readFileSync(given, "latin1").trim()
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Usage()
  return key
}

function* chunksOf(file) {
  const opened = openSync(file, "r")
  try {
    const buffer = Buffer.alloc(CHUNK)
    for (let read = readSync(opened, buffer); read > 0; read = readSync(opened, buffer))
      yield buffer.subarray(0, read)
  } finally {
    closeSync(opened)
  }
}

const startsAsDisclosure = (file) => {
  const chunks = chunksOf(file)
  const { value = Buffer.alloc(0) } = chunks.next()
  const start = value.toString("latin1", 0, 14)
  chunks.return()
  return start === '{"checkpoint":'
}

/** What the arguments ask for, checked. */
const answer = (asked) => {
  const key = publicKeyOf(asked["--public-key"])
  const [text, checkpoint] = [asked["--text"], asked["--checkpoint"]]
  if (startsAsDisclosure(asked.file)) {
    if (text === undefined || checkpoint !== undefined) throw new Usage()
    return verifyDisclosure(readFileSync(asked.file), readFileSync(text), { key })
  }
  if (text !== undefined) throw new Usage()
  return verifyExport(chunksOf(asked.file), {
    key,
    checkpoint: checkpoint === undefined ? null : readFileSync(checkpoint, "latin1")
  })
}

const described = (found) => {
  if (!found.ok) {
    const place =
      found.position === null ? "" : `position ${found.position} ${found.stream} seq ${found.seq}: `
    return place + found.falsehood
  }
  const facts = Object.entries(found).filter(([name]) => name !== "ok" && name !== "kind")
  return `${found.kind}: everything holds; ${facts.map(([name, value]) => `${name} ${value ?? "none"}`).join(", ")}`
}

/** Runs the program: what it prints, where to, and its exit code. */
const main = (given) => {
  try {
    const asked = argumentsOf(given)
    const found = answer(asked)
    return { out: `${asked.json ? JSON.stringify(found) : described(found)}\n`, exit: found.ok ? 0 : 1 }
  } catch (error) {
    if (error instanceof Usage) return { err: USAGE, exit: 2 }
    return { err: error.syscall ? "A file could not be read.\n" : "The verifier itself failed.\n", exit: 2 }
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  const { out = "", err = "", exit } = main(process.argv.slice(2))
  process.stdout.write(out)
  process.stderr.write(err)
  process.exitCode = exit
}
