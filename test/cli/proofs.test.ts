/** Runs the real program as somebody would who keeps proof of what happened, and as somebody who is shown it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { BackupOutput, KeyOutput } from "../../src/cli/ledger.ts"
import { StreamRecord } from "../../src/domain/ledger/Records.ts"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { RunRecord, StreamHead } from "../../src/domain/ledger/Records.ts"
import { DisclosedMatch, Match } from "../../src/core/ledger/Receipts.ts"
import { Release } from "../../src/domain/ledger/Records.ts"
import { RunVerification, Verification } from "../../src/core/ledger/Verifier.ts"
import { Footer } from "../../src/domain/ledger/Export.ts"
import { Checkpoint } from "../../src/domain/ledger/Head.ts"
import { type Home, home, io3, parse, slowly, startInto } from "../support/io3.ts"

const abreast = { concurrency: 3 } as const
const SECRET = "nobody-may-see-this"

/** A home in which something was asked, and where its answer went. */
const asked = Effect.gen(function* () {
  const where = yield* home()
  const answer = join(where.folder, "answer.txt")
  const running = yield* startInto(
    where,
    ["--offline", "run", "executor", "--raw", "--prompt", SECRET],
    answer
  )
  assert.strictEqual((yield* running.ended).code, 0)
  const heads = yield* io3(where, ["ledger", "show", "-o", "json"])
  const [head] = parse(Schema.Array(StreamHead), heads.stdout)
  return { where, answer, run: head?.stream.slice("run/".length) ?? assert.fail("no run") }
})

/** Runs the program and expects how it ends; standard output is what it says. */
const says = (where: Home, code: number, ...args: ReadonlyArray<string>) =>
  Effect.map(io3(where, args), (ended) => {
    assert.strictEqual(ended.code, code, `${args.join(" ")}\n${ended.stderr}`)
    assert.notInclude(ended.stdout + ended.stderr, SECRET)
    assert.notInclude(ended.stdout + ended.stderr, "stand-in answering")
    return ended
  })

/** Runs the program, which has to fail with this code. */
const fails = (where: Home, code: string, ...args: ReadonlyArray<string>) =>
  Effect.map(io3(where, [...args, "-o", "json"]), (ended) => {
    assert.isAbove(ended.code ?? 0, 0, args.join(" "))
    assert.notInclude(ended.stdout + ended.stderr, SECRET)
    assert.strictEqual(parse(FailureOutput, ended.stdout).error.code, code, args.join(" "))
  })

describe("io3 ledger", slowly, () => {
  it.live("proves, signs and copies nothing where nothing was recorded, and makes nothing there", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* Effect.forEach(
        [
          ["verify"],
          ["verify", "0190"],
          ["export"],
          ["export", "--unverified", "x"],
          ["checkpoint"],
          ["backup", "x"]
        ],
        (args) => fails(where, "RECORD_EMPTY", "--data", "mistyped", "ledger", ...args),
        abreast
      )
      const { stderr } = yield* says(where, 1, "--data", "mistyped", "ledger", "verify")
      assert.match(stderr, /^RECORD_EMPTY: .*--data or IO3_DATA/u)
      assert.deepStrictEqual(readdirSync(where.folder), [])
      assert.deepStrictEqual(readdirSync(where.root), ["work"])
    })
  )

  it.live("signs, exports and verifies, here and where there is nothing but files", () =>
    Effect.gen(function* () {
      const { where, run } = yield* asked
      const [key, , exported, checkpoint] = yield* Effect.all([
        says(where, 0, "ledger", "key"),
        says(where, 0, "ledger", "checkpoint", "early.json"),
        says(where, 0, "ledger", "export"),
        says(where, 0, "ledger", "checkpoint")
      ])
      const inFolder = (name: string) => join(where.folder, name)
      writeFileSync(inFolder("io3.pub"), key.stdout)
      writeFileSync(inFolder("ledger.ndjson"), exported.stdout)
      assert.match(key.stdout, /^[0-9a-f]{64}\n$/)
      assert.strictEqual(statSync(inFolder("early.json")).mode & 0o777, 0o600)
      assert.strictEqual(parse(Checkpoint, checkpoint.stdout).key, key.stdout.trim())
      assert.lengthOf(exported.stdout.split("\n"), 8 + 3)

      const nobody = yield* home()
      const files = (name: string) => join(where.folder, name)
      const [own, one, elsewhere, plain, json] = yield* Effect.all(
        [
          says(
            where,
            0,
            "ledger",
            "verify",
            "--texts",
            "--checkpoint",
            "early.json",
            "--public-key",
            "io3.pub"
          ),
          says(where, 0, "ledger", "verify", run, "--texts"),
          says(
            nobody,
            0,
            "ledger",
            "verify",
            "--export",
            files("ledger.ndjson"),
            "--checkpoint",
            files("early.json"),
            "--public-key",
            key.stdout.trim()
          ),
          says(nobody, 0, "ledger", "verify", "--export", files("ledger.ndjson")),
          says(nobody, 0, "ledger", "verify", "--export", files("ledger.ndjson"), "-o", "json")
        ],
        abreast
      )
      const head = parse(Verification, json.stdout).root
      assert.strictEqual(
        own.stdout,
        `ok: 8 events in 2 streams, every link and every decision holds\nhead ${head}\nthe checkpoint at 8 is met, 0 events came after it\nsigned with the given key\n2 sealed texts as digested\n`
      )
      assert.match(
        one.stdout,
        /^ {3}1 {2}accepted +holds\n[^]*\nok: 15 decisions made again, each as recorded\n2 sealed texts as digested\n$/
      )
      assert.include(elsewhere.stdout, "signed with the given key\n")
      assert.include(plain.stdout, "nobody vouches for that key")
      assert.isFalse(existsSync(nobody.data), "verifying a file leaves nothing behind")
    })
  )

  it.live("says in JSON what it says in text", () =>
    Effect.gen(function* () {
      const { where, run } = yield* asked
      const json = (...args: ReadonlyArray<string>) =>
        Effect.map(says(where, 0, ...args, "-o", "json"), ({ stdout }) => stdout)
      const [key, checkpoint, footer, all, one, config, events] = yield* Effect.all(
        [
          json("ledger", "key"),
          json("ledger", "checkpoint", "c.json"),
          json("ledger", "export", "e.ndjson"),
          json("ledger", "verify", "--texts"),
          json("ledger", "verify", run),
          json("ledger", "show", "config"),
          json("ledger", "show", `run/${run}`)
        ],
        abreast
      )
      const signer = parse(KeyOutput, key).key
      assert.strictEqual(parse(Checkpoint, checkpoint).key, signer)
      assert.deepStrictEqual(
        parse(Footer, footer),
        parse(Footer, readFileSync(join(where.folder, "e.ndjson"), "utf8").trimEnd().split("\n").at(-1) ?? "")
      )
      const { broken, texts, position } = parse(Verification, all)
      assert.deepStrictEqual(
        { broken, texts, position },
        {
          broken: null,
          texts: { checked: 2, erased: 0, erasedSessions: 0, erasedRunbooks: 0, forgotten: 0 },
          position: 8
        }
      )
      assert.isTrue(parse(RunVerification, one).decisions.every(({ holds }) => holds))
      assert.strictEqual(parse(StreamRecord, config).entries[0]?.event._tag, "ConfigLoaded")
      assert.strictEqual(parse(Schema.Array(RunRecord), events)[0]?.run, run)
    })
  )

  it.live("names the first thing that is false, and refuses files that are none of its own", () =>
    Effect.gen(function* () {
      const { where } = yield* asked
      const file = (name: string, text: string) => writeFileSync(join(where.folder, name), text)
      const text = (yield* says(where, 0, "ledger", "export")).stdout
      file("good.ndjson", text)
      file("changed.ndjson", text.replace('"mode":"executor"', '"mode":"explorer"'))
      file("words.txt", `${SECRET}\n`)
      const [changed, words] = yield* Effect.all(
        [
          says(where, 1, "ledger", "verify", "--export", "changed.ndjson"),
          says(where, 1, "ledger", "verify", "--export", "words.txt")
        ],
        abreast
      )
      assert.match(changed.stdout, /^run\/[0-9a-f-]{36} at 1 \(position 2\): altered\n$/)
      assert.include(changed.stderr, "LEDGER_BROKEN")
      assert.deepStrictEqual(
        [words.stdout, words.stderr.slice(0, 21)],
        ["position 0: format\n", "LEDGER_EXPORT_INVALID"]
      )

      const refused: ReadonlyArray<readonly [code: string, ...args: ReadonlyArray<string>]> = [
        ["FILE_NOT_FOUND", "ledger", "verify", "--export", SECRET],
        ["LEDGER_EXPORT_INVALID", "ledger", "verify", "--checkpoint", "words.txt"],
        ["LEDGER_EXPORT_INVALID", "receipt", "verify", "--disclosure", "words.txt", "--text", "words.txt"],
        ["FILE_EXISTS", "ledger", "export", "good.ndjson"]
      ]
      yield* Effect.forEach(refused, ([code, ...args]) => fails(where, code, ...args), abreast)
      assert.strictEqual(readFileSync(join(where.folder, "good.ndjson"), "utf8"), text)
    })
  )

  it.live("says what does not go together", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const wrong = [
        ["ledger", "verify", "0190", "--export", "x"],
        ["ledger", "verify", "--public-key", "x"],
        ["receipt", "verify"],
        ["receipt", "verify", "--disclosure", "x"]
      ]
      const ended = yield* Effect.forEach(wrong, (args) => io3(where, args), abreast)
      for (const { code, stdout, stderr } of ended) {
        assert.deepStrictEqual([code, stdout], [2, ""])
        assert.isNotEmpty(stderr)
      }
    })
  )

  it.live("copies the journal, and says so in the format that was asked for", () =>
    Effect.gen(function* () {
      const { where } = yield* asked
      const { stdout } = yield* says(where, 0, "ledger", "backup", "copy.sqlite", "-o", "json")
      assert.deepStrictEqual(parse(BackupOutput, stdout), { complete: true })
      const text = yield* says(where, 0, "ledger", "backup", "other.sqlite")
      assert.deepStrictEqual([text.stdout, text.stderr.startsWith("The copy is complete.")], ["", true])
      yield* fails(where, "FILE_EXISTS", "ledger", "backup", "copy.sqlite")
      yield* fails(where, "FILE_UNWRITABLE", "ledger", "backup", join(where.root, "nowhere", "x"))
      const copy = yield* home()
      mkdirSync(copy.data, { recursive: true })
      copyFileSync(join(where.folder, "copy.sqlite"), join(copy.data, "journal.sqlite"))
      yield* says(copy, 0, "ledger", "verify")
    })
  )

  it.live("signs with no other key than before, says so, and knows the way out", () =>
    Effect.gen(function* () {
      const { where } = yield* asked
      const first = yield* says(where, 0, "ledger", "key")
      rmSync(join(where.data, "signing.key"))
      const [exported, checkpoint, doctor] = yield* Effect.all(
        [says(where, 2, "ledger", "export"), says(where, 2, "ledger", "checkpoint"), io3(where, ["doctor"])],
        abreast
      )
      for (const { stdout, stderr } of [exported, checkpoint]) {
        assert.strictEqual(stdout, "")
        assert.match(stderr, /^SIGNING_KEY_FOREIGN: [^\n]*io3 doctor[^\n]*\n$/)
      }
      assert.match(doctor.stdout, /signing key[^]*is missing[^]*remove signing\.pub/)
      rmSync(join(where.data, "signing.pub"))
      const second = yield* says(where, 0, "ledger", "key")
      assert.notStrictEqual(second.stdout, first.stdout)
    })
  )

  it.live("signs with the key of the environment, and leaves none behind then", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const environment = { IO3_SIGNING_KEY: "11".repeat(32) }
      const ended = yield* io3(where, ["ledger", "key"], { environment })
      assert.deepStrictEqual(
        [ended.code, ended.stdout],
        [0, "d04ab232742bb4ab3a1368bd4615e4e6d0224ab71a016baf8520a332c9778737\n"]
      )
      assert.isFalse(existsSync(where.data))
      const wrong = yield* io3(where, ["ledger", "key"], { environment: { IO3_SIGNING_KEY: SECRET } })
      assert.deepStrictEqual([wrong.code, wrong.stdout], [2, ""])
      assert.match(wrong.stderr, /^SIGNING_KEY_INVALID: [^\n]+\n$/)
      assert.notInclude(wrong.stderr, SECRET)
    })
  )
})

describe("io3 receipt", slowly, () => {
  it.live("proves the answer in a file, to its owner and to somebody else", () =>
    Effect.gen(function* () {
      const { where, answer, run } = yield* asked
      const shown = yield* says(where, 0, "receipt", "show", run, "-o", "json")
      const { receipt } = parse(Release, shown.stdout)
      const [given, sealed, disclosed, key] = yield* Effect.all(
        [
          says(where, 0, "receipt", "verify", run.slice(0, 30), "--text", answer),
          says(where, 0, "receipt", "verify", run, "-o", "json"),
          says(where, 0, "receipt", "disclose", run, "answer.json"),
          says(where, 0, "ledger", "key")
        ],
        abreast
      )
      assert.strictEqual(
        given.stdout,
        `ok: These bytes left run ${run} (${receipt.chars} characters).\nThe line break at the very end was not among them; all before it was.\n`
      )
      assert.deepStrictEqual(
        [parse(Match, sealed.stdout).text, parse(Match, sealed.stdout).lineBreak],
        ["sealed", false]
      )
      assert.match(disclosed.stderr, /^This hands out the key of one text's digest: /)

      const nobody = yield* home()
      const disclosure = join(where.folder, "answer.json")
      const whole = readFileSync(answer, "utf8")
      const check = ["receipt", "verify", "--disclosure", disclosure, "--text"]
      const exact = yield* io3(nobody, [...check, "-", "--public-key", key.stdout.trim(), "-o", "json"], {
        stdin: whole.slice(0, -1)
      })
      const match = parse(DisclosedMatch, exact.stdout)
      assert.deepStrictEqual([match.release.run, match.lineBreak, match.vouched], [run, false, true])
      const other = yield* io3(nobody, [...check, "-"], { stdin: `${whole}${SECRET}` })
      assert.deepStrictEqual([other.code, other.stdout], [1, ""])
      assert.match(other.stderr, /^RECEIPT_MISMATCH: /)
      assert.notInclude(other.stderr, SECRET)
      yield* fails(nobody, "LEDGER_BROKEN", ...check, answer, "--public-key", "0".repeat(64))
      assert.isFalse(existsSync(nobody.data))
    })
  )

  it.live("has none where nothing was released, and nothing to hold against it after an erasure", () =>
    Effect.gen(function* () {
      const { where, answer, run } = yield* asked
      assert.strictEqual((yield* says(where, 0, "runs", "erase", run, "--yes")).code, 0)
      const stands = yield* says(where, 0, "receipt", "show", run)
      assert.include(stands.stdout, "erased: nothing can be held against it any more")
      yield* fails(where, "RUN_ERASED", "receipt", "verify", run, "--text", answer)
      yield* fails(where, "RUN_ERASED", "receipt", "verify", run)
      yield* fails(where, "RUN_ERASED", "receipt", "disclose", run)
      const verified = yield* says(where, 0, "ledger", "verify", "--texts")
      assert.include(verified.stdout, "0 sealed texts as digested; of 1 run the texts were erased\n")
    })
  )
})
