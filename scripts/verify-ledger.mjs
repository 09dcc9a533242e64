#!/usr/bin/env node
/**
 * Checks an export of an io-iii ledger, a disclosed receipt or a snapshot of a session, with nothing of io-iii: Node's own modules alone. What is
 * checked, and the name of each thing that can be false, is in docs/ledger-format.md. Take this file and the folder beside
 * it wherever you like. It prints the first thing that is false, and nothing of what it reads but names of runs.
 */
import { closeSync, openSync, readFileSync, readSync, realpathSync } from "node:fs"
import * as crypto from "./verify-ledger/crypto.mjs"
import { SENTENCES } from "./verify-ledger/sentences.mjs"
import { verifierWith } from "./verify-ledger/verifier.mjs"

export const { verifyDisclosure, verifyExport, verifySnapshot } = verifierWith(crypto)

const USAGE = `usage: verify-ledger.mjs EXPORT [--public-key FILE|HEX] [--checkpoint FILE] [--json]
       verify-ledger.mjs DISCLOSURE --text FILE [--public-key FILE|HEX] [--json]
       verify-ledger.mjs SNAPSHOT [--public-key FILE|HEX] [--json]
`
const HELP = `${USAGE}
Checks an export of an io-iii ledger, a disclosed receipt with its text, or a snapshot of a session, without anything of io-iii. It says what holds,
or the first thing that does not, and exits with 0, with 1, or with 2 where it could not check.
  --public-key  the key that is trusted, as \`io3 ledger key\` printed it; without it, nobody vouches for the file's own
  --checkpoint  one that was kept elsewhere: the export has to contain it
  --text        the text that is said to have left the run, byte for byte
  --json        print what was found as JSON
`
const UNVOUCHED =
  "Nobody vouches for the key that signed this: compare it, or give the one you know as --public-key.\n"
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

const DISCLOSURE = '{"checkpoint":'
const SNAPSHOT = '{"active_memory_pack_ids":'

/** The pieces of a file that can be read only once, and how it starts; a pipe may hand out one byte at a time. */
const opened = (file) => {
  const chunks = chunksOf(file)
  let begin = Buffer.alloc(0)
  while (begin.length < SNAPSHOT.length) {
    const { value, done } = chunks.next()
    if (done) break
    begin = Buffer.concat([begin, value])
  }
  const pieces = function* () {
    yield begin
    yield* chunks
  }
  const start = begin.toString("latin1", 0, SNAPSHOT.length)
  return { isDisclosure: start.startsWith(DISCLOSURE), isSnapshot: start === SNAPSHOT, pieces }
}

/** All of it. Each piece is in a buffer that the next one is read into. */
const whole = (pieces) => {
  const kept = []
  for (const piece of pieces) kept.push(Buffer.from(piece))
  return Buffer.concat(kept)
}

/** What the arguments ask for, checked. */
const answer = (asked) => {
  const key = publicKeyOf(asked["--public-key"])
  const [text, checkpoint] = [asked["--text"], asked["--checkpoint"]]
  const { isDisclosure, isSnapshot, pieces } = opened(asked.file)
  if (isSnapshot) {
    if (text !== undefined || checkpoint !== undefined) throw new Usage()
    return verifySnapshot(whole(pieces()), { key })
  }
  if (isDisclosure) {
    if (text === undefined || checkpoint !== undefined) throw new Usage()
    return verifyDisclosure(whole(pieces()), readFileSync(text), { key })
  }
  if (text !== undefined) throw new Usage()
  return verifyExport(pieces(), {
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

/** What somebody who is new to this should know of it beside that. */
const explained = (found) => {
  if (!found.ok) return `${SENTENCES[found.falsehood]}\n`
  return found.vouched ? "" : UNVOUCHED
}

/** Runs the program: what it prints, where to, and its exit code. */
const main = (given) => {
  try {
    if (given.includes("--help")) return { out: HELP, exit: 0 }
    const asked = argumentsOf(given)
    const found = answer(asked)
    const exit = found.ok ? 0 : 1
    if (asked.json) return { out: `${JSON.stringify(found)}\n`, exit }
    return { out: `${described(found)}\n`, err: explained(found), exit }
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
