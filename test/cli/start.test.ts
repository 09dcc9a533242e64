/** Starts the real program and looks at what a start loads, and at what it leaves behind for the next one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync
} from "node:fs"
import { dirname, join } from "node:path"
import { type Home, home, io3, shell, slowly } from "../support/io3.ts"

/** Node compiles into no folder of the tests'. */
const bare = (environment: Readonly<Record<string, string>> = {}) => ({
  environment: { NODE_COMPILE_CACHE: "", ...environment }
})

const version = Effect.fnUntraced(function* (where: Home, environment?: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = yield* io3(where, ["--version"], bare(environment))
  assert.deepStrictEqual([code, stderr], [0, ""])
  assert.match(stdout, /^io3 v[\d.]+\n$/u)
})

/** How many files are in a folder and below. */
const filesIn = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
    : 0

describe("a start", slowly, () => {
  it.live("keeps what was compiled in a folder of this user alone, and in no other", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const [caches, elsewhere] = [join(where.root, ".cache"), join(where.root, "elsewhere")]
      const kept = join(caches, "io-iii")
      yield* version(where, { NODE_DISABLE_COMPILE_CACHE: "1" })
      assert.isFalse(existsSync(caches), "where Node keeps nothing")
      yield* version(where, { NODE_COMPILE_CACHE: elsewhere })
      assert.isFalse(existsSync(caches), "where Node keeps it elsewhere")
      yield* version(where)
      assert.isAbove(filesIn(kept), 0)
      assert.strictEqual(lstatSync(kept).mode & 0o777, 0o700)
      yield* version(where, { XDG_CACHE_HOME: elsewhere })
      assert.isAbove(filesIn(join(elsewhere, "io-iii")), 0)

      // Somebody else can come in.
      const refuses = Effect.fnUntraced(function* (why: string) {
        const before = filesIn(kept)
        yield* version(where)
        assert.strictEqual(filesIn(kept), before, why)
      })
      rmSync(kept, { recursive: true })
      mkdirSync(kept)
      chmodSync(kept, 0o755)
      yield* refuses("a folder others can enter")
      rmSync(kept, { recursive: true })
      symlinkSync(mkdtempSync(join(where.root, "theirs-")), kept)
      yield* refuses("a link")
      rmSync(kept)
      chmodSync(caches, 0o777)
      yield* refuses("a folder in one where others can put theirs")
      chmodSync(caches, 0o700)
      yield* version(where)
      assert.isAbove(filesIn(kept), 0)
    })
  )

  it.live.skipIf(process.getuid?.() !== 0)("follows nobody into a folder that another user owns", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const kept = join(where.root, ".cache", "io-iii")
      mkdirSync(kept, { recursive: true, mode: 0o700 })
      yield* shell(where, `chown 12345 '${kept}'`)
      yield* version(where)
      assert.strictEqual(filesIn(kept), 0)
      rmSync(kept, { recursive: true })
      yield* shell(where, `chown 12345 '${dirname(kept)}'`)
      yield* version(where)
      assert.isFalse(existsSync(kept))
    })
  )

  it.live("knows what may be typed without what commands do", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const loaded = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const { stderr } = yield* io3(where, args, { environment: { NODE_DEBUG: "esm" } })
        return [...stderr.matchAll(/file:\/\/\S*?\/(handlers-\w+\.js)/gu)].length
      })
      const counts = yield* Effect.forEach(
        [["--version"], ["run", "--help"], ["--completions", "bash"], ["run"], ["about"]],
        (args) => loaded(...args)
      )
      assert.deepStrictEqual(
        counts.map((count) => count > 0),
        [false, false, false, false, true]
      )
    })
  )

  it.live("asks for no character tables where nothing is laid out", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const without = "--import=data:text/javascript,delete%20Intl.Segmenter"
      yield* version(where, { NODE_OPTIONS: without })
      const help = yield* io3(where, ["--help"], bare({ NODE_OPTIONS: without }))
      assert.notStrictEqual(help.code, 0, "they are gone, and help needs them")
    })
  )
})
