import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Stream } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as FileLog from "../../../src/adapters/metadata/FileLog.ts"
import { failure } from "../../../src/domain/Failure.ts"
import { encode } from "../../../src/domain/projection/Metadata.ts"
import { MetadataLog } from "../../../src/ports/MetadataLog.ts"
import { start } from "../../support/children.ts"
import { codeOf, folder } from "../../support/ledger.ts"
import { until } from "../../support/io3.ts"
import { recordOf } from "../../support/metadata.ts"

const line = encode(recordOf(1))
/** An empty line may stand where another process was seen to be writing. */
const WHOLE_LINES = /^(\{.*\}\n|\n)+$/
/** Room for three lines. */
const SMALL = 3 * (line.length + 1)

const using = <A, E>(
  directory: string,
  use: (log: MetadataLog["Service"]) => Effect.Effect<A, E>,
  maxBytes?: number
) => MetadataLog.use(use).pipe(Effect.provide(FileLog.layer({ folder: join(directory, "logs"), maxBytes })))

const append = (directory: string, numbers: ReadonlyArray<number>, maxBytes?: number) =>
  using(directory, (log) => Effect.forEach(numbers, (number) => log.append([recordOf(number)])), maxBytes)

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
const stream = (numbers: ReadonlyArray<number>) => Stream.fromIterable(numbers.map(recordOf))
const path = (directory: string, name: string) => join(directory, "logs", name)
const text = (directory: string, name: string) => readFileSync(path(directory, name), "utf8")

/** Another process that appends the records from `first` on. */
const child = (directory: string, maxBytes: number, first: number, count: number) =>
  start(process.execPath, childOf(directory, maxBytes, first, count))
const childOf = (directory: string, maxBytes: number, first: number, count: number) => [
  join(import.meta.dirname, "../../support/metadataChild.ts"),
  ...[join(directory, "logs"), maxBytes, first, count, join(directory, "ledger")].map(String)
]

/** The files of a log, oldest lines first. */
const files = (directory: string): ReadonlyArray<string> => {
  const number = (name: string) => Number(/\d+/.exec(name)?.[0] ?? Infinity)
  return readdirSync(join(directory, "logs")).toSorted((a, b) => number(a) - number(b))
}
/** The numbers of the records in a log, in their order. */
const numbers = (directory: string): ReadonlyArray<number> =>
  files(directory)
    .flatMap((name) => text(directory, name).split("\n"))
    .filter((found) => found !== "")
    .map((found) => Number((JSON.parse(found) as { readonly request_id: string }).request_id.slice(-12)))
const ascending = (found: ReadonlyArray<number>) => found.toSorted((a, b) => a - b)

describe("metadata files", () => {
  it.effect("are made with the first line, for one person alone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* using(directory, () => Effect.void)
      assert.deepStrictEqual(readdirSync(directory), [])
      yield* append(directory, [1, 2])
      assert.strictEqual(text(directory, "metadata.jsonl"), `${line}\n${encode(recordOf(2))}\n`)
      assert.strictEqual(statSync(join(directory, "logs")).mode & 0o777, 0o700)
      assert.strictEqual(statSync(path(directory, "metadata.jsonl")).mode & 0o777, 0o600)
    })
  )

  it.effect("are put aside by size, numbers counting up, and nothing is dropped", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      // One after the other, and many at once.
      yield* append(directory, from(1, 10), SMALL)
      yield* using(directory, (log) => log.append(from(11, 35).map(recordOf)), SMALL)
      assert.strictEqual(files(directory).at(-1), "metadata.jsonl")
      assert.deepStrictEqual(
        files(directory).slice(0, -1),
        from(1, 11).map((number) => `metadata.${number}.jsonl`)
      )
      assert.deepStrictEqual(numbers(directory), from(1, 35))
      for (const name of files(directory)) assert.isAtMost(text(directory, name).length, SMALL)
    })
  )

  it.effect("take a line that is larger than a file may be", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* append(directory, [1, 2], 10)
      assert.deepStrictEqual(numbers(directory), [1, 2])
    })
  )

  it.effect("leave half a line to itself", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* append(directory, [1])
      appendFileSync(path(directory, "metadata.jsonl"), line.slice(0, 40))
      yield* append(directory, [2, 3])
      assert.deepStrictEqual(text(directory, "metadata.jsonl").split("\n"), [
        line,
        line.slice(0, 40),
        encode(recordOf(2)),
        encode(recordOf(3)),
        ""
      ])
    })
  )

  it.effect("say when a line was not taken whole, and leave it to itself", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      // The system takes two blocks of 512 bytes for a file, as a full disk would: one line and part of the next.
      const { status } = spawnSync("sh", [
        "-c",
        'ulimit -f 2 && exec "$0" "$@"',
        process.execPath,
        ...childOf(directory, 10 * SMALL, 1, 2)
      ])
      assert.strictEqual(status, 1)
      yield* append(directory, [3])
      assert.deepStrictEqual(text(directory, "metadata.jsonl").split("\n"), [
        line,
        encode(recordOf(2)).slice(0, 1024 - line.length - 1),
        encode(recordOf(3)),
        ""
      ])
    })
  )

  it.effect("come back when their folder was removed", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* append(directory, [1])
      rmSync(join(directory, "logs"), { recursive: true })
      yield* append(directory, [2])
      assert.deepStrictEqual(numbers(directory), [2])
    })
  )

  it.effect("are refused where a pipe, a folder or another file stands, without waiting", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      mkdirSync(join(directory, "logs"))
      const refused = codeOf(append(directory, [1]))
      execFileSync("sh", ["-c", 'mkfifo "$0"', path(directory, "metadata.jsonl")])
      assert.strictEqual(yield* refused, "METADATA_LOG_UNWRITABLE")
      rmSync(path(directory, "metadata.jsonl"))
      mkdirSync(path(directory, "metadata.jsonl"))
      assert.strictEqual(yield* refused, "METADATA_LOG_UNWRITABLE")
      rmSync(join(directory, "logs"), { recursive: true })
      writeFileSync(join(directory, "logs"), "")
      assert.strictEqual(yield* refused, "METADATA_LOG_UNWRITABLE")
    })
  )

  it.effect("are not looked for through links: what is elsewhere stays as it is", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const outside = join(directory, "outside")
      const theirs = join(outside, "metadata.jsonl")
      mkdirSync(outside)
      writeFileSync(theirs, "theirs\n")
      const added = codeOf(append(directory, [1]))
      const replaced = codeOf(using(directory, (log) => log.replace(stream([2]), Stream.empty)))

      symlinkSync(outside, join(directory, "logs"))
      assert.strictEqual(yield* added, "METADATA_LOG_UNWRITABLE")
      assert.strictEqual(yield* replaced, "METADATA_LOG_UNWRITABLE")
      rmSync(join(directory, "logs"))

      mkdirSync(join(directory, "logs"))
      for (const target of [theirs, join(outside, "new")]) {
        symlinkSync(target, path(directory, "metadata.jsonl"))
        assert.strictEqual(yield* added, "METADATA_LOG_UNWRITABLE")
        assert.strictEqual(yield* replaced, "METADATA_LOG_UNWRITABLE")
        rmSync(path(directory, "metadata.jsonl"))
      }

      symlinkSync(theirs, path(directory, "metadata.1.jsonl"))
      assert.isNull(yield* replaced)
      assert.deepStrictEqual(files(directory), ["metadata.jsonl"], "the link goes, and not what it leads to")
      assert.deepStrictEqual(readdirSync(outside), ["metadata.jsonl"])
      assert.strictEqual(readFileSync(theirs, "utf8"), "theirs\n")
    })
  )

  it.live("are appended to and put aside by several processes at once: every line once and whole", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const each = 200
      const firsts = [0, 1, 2, 3].map((index) => index * each + 1)
      const children = yield* Effect.forEach(firsts, (first) => child(directory, SMALL, first, each))
      assert.deepStrictEqual(yield* Effect.forEach(children, ({ ended }) => ended), [0, 0, 0, 0])
      assert.deepStrictEqual(ascending(numbers(directory)), from(1, firsts.length * each))
      for (const name of files(directory)) assert.match(text(directory, name), WHOLE_LINES)
    })
  )

  it.live("are made anew while other processes append: no line is missing, half, or of the old log", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const [size, count] = [10 * SMALL, 1000]
      const old = from(10_001, 10_010)
      yield* append(directory, old, size)
      const appending = yield* child(directory, size, 1, count)
      const ended = () => statSync(join(directory, "ledger"), { throwIfNoEntry: false })?.size ?? 0
      yield* until(() => ended() > 100)
      let made = 0
      const first = Stream.suspend(() => stream(from(1, (made = ended()))))
      const late = Stream.suspend(() => stream(from(made + 1, ended())))
      yield* using(directory, (log) => log.replace(first, late), size)
      assert.strictEqual(yield* appending.ended, 0)
      const found = numbers(directory)
      const missing = from(1, count).filter((number) => !found.includes(number))
      assert.deepStrictEqual(missing, [])
      assert.isTrue(found.every((number) => number <= count))
      for (const name of files(directory)) assert.match(text(directory, name), WHOLE_LINES)
    })
  )
})

describe("a log made anew", () => {
  it.effect("stands in the place of every older file, in parts of the same size", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* append(directory, from(1, 20), SMALL)
      const before = files(directory)
      const count = yield* using(directory, (log) => log.replace(stream(from(5, 16)), Stream.empty), SMALL)
      assert.strictEqual(count, 12)
      assert.deepStrictEqual(numbers(directory), from(5, 16))
      assert.strictEqual(files(directory).length, 4)
      for (const name of files(directory).slice(0, -1)) assert.notInclude(before, name)
      for (const name of files(directory))
        assert.strictEqual(statSync(path(directory, name)).mode & 0o777, 0o600)
      yield* append(directory, [17], SMALL)
      assert.deepStrictEqual(numbers(directory), from(5, 17))
    })
  )

  it.effect("begins one that was not there, and may be empty", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* using(directory, (log) => log.replace(Stream.empty, Stream.empty))
      assert.deepStrictEqual(files(directory), ["metadata.jsonl"])
      assert.strictEqual(text(directory, "metadata.jsonl"), "")
    })
  )

  it.effect("has what ended while it was made, once", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* append(directory, [1, 2])
      const late = Stream.fromEffect(append(directory, [3])).pipe(Stream.flatMap(() => stream([3, 4])))
      yield* using(directory, (log) => log.replace(stream([1, 2]), late))
      assert.deepStrictEqual(numbers(directory), [1, 2, 3, 4])
    })
  )

  it.effect("leaves the old one when it cannot be finished, and nothing beside it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* append(directory, [1, 2])
      const broken = Stream.concat(stream([7]), Stream.fail(failure("JOURNAL_CORRUPT", "setup")))
      const exit = yield* Effect.exit(using(directory, (log) => log.replace(broken, Stream.empty)))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(files(directory), ["metadata.jsonl"])
      assert.deepStrictEqual(numbers(directory), [1, 2])
    })
  )

  it.effect("can be written to a file that is not there yet, and to no other", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const target = join(directory, "copy")
      const copy = (records: ReadonlyArray<number>) =>
        codeOf(using(directory, (log) => log.copy(stream(records), target)))
      assert.isNull(yield* copy([1]))
      assert.strictEqual(yield* copy([2]), "FILE_EXISTS")
      assert.strictEqual(readFileSync(target, "utf8"), `${line}\n`)
      assert.strictEqual(statSync(target).mode & 0o777, 0o600)
      assert.deepStrictEqual(readdirSync(directory), ["copy"])
      const nowhere = using(directory, (log) => log.copy(stream([1]), join(directory, "no", "copy")))
      assert.strictEqual(yield* codeOf(nowhere), "METADATA_LOG_UNWRITABLE")
    })
  )
})
