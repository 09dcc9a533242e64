/** Owns that bad configuration is refused at its place, in bounded time, without a word of it in the failure. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { codes, RuntimeFailure } from "../../../src/domain/Failure.ts"
import { fileNames } from "../../../src/adapters/config/Files.ts"
import { complaints, folders, loaded, refused, row } from "../../support/configFolders.ts"

const CANARY = "canary 7f3a"
const user = (text: string | Uint8Array) => ({ user: { "runtime.yaml": text } })

/** To root every file is readable: such a process acts as somebody else for a while. */
const asNobody = Effect.acquireRelease(
  Effect.sync(() => {
    if (process.geteuid?.() !== 0) return false
    process.seteuid?.(65_534)
    return true
  }),
  (changed) => Effect.sync(() => changed && process.seteuid?.(0))
)

describe("bad configuration", () => {
  const cases: ReadonlyArray<readonly [what: string, text: string | Uint8Array, complaint: string]> = [
    [
      "an unknown key",
      "temperature: 1\naudit:\n  on_unavailible: refuse\n",
      "3:3 unknown_key audit.on_unavailible"
    ],
    ["an unknown key that is no name", 'temperature: 1\n"a b": 1\n', "2:1 unknown_key *"],
    ["a wrong type", "timeouts:\n  idle_seconds: soon\n", "2:3 wrong_value timeouts.idle_seconds"],
    ["a wrong type for a mapping", "timeouts: 5\n", "1:1 wrong_value timeouts"],
    ["a huge number", "max_output_tokens: 1e999\n", "1:1 wrong_value max_output_tokens"],
    ["a number that is no count", "max_output_tokens: 1.5\n", "1:1 wrong_value max_output_tokens"],
    [
      "a wrong item of a list",
      "audit:\n  default_modes:\n    - data\n    - 7\n",
      "4:7 wrong_value audit.default_modes[1]"
    ],
    ["an address with credentials", "webhook_url: http://me:pw@example.org\n", "1:1 wrong_value webhook_url"],
    ["a duplicate key", "temperature: 1\ntemperature: 2\n", "2:1 duplicate_key -"],
    ["a key that is a prototype", "__proto__:\n  temperature: 1\n", "1:1 key_not_allowed -"],
    ["a key that is no text", "1: 2\n", "1:1 key_not_allowed -"],
    ["an alias", "a: &x [1]\nb: *x\n", "1:1 alias_not_allowed -"],
    ["a merge key", "a: 1\n<<: { temperature: 1 }\n", "1:1 unknown_key a"],
    ["a list at the root", "- temperature\n", "1:1 wrong_value -"],
    ["two documents", "temperature: 1\n---\ntemperature: 2\n", "2:1 syntax -"],
    ["broken syntax", "timeouts: {\n", "2:1 syntax -"],
    ["a tag of its own", "temperature: !!python/object 1\n", "1:14 syntax -"],
    ["a NUL", "temperature: 1\0\n", "1:1 not_text -"],
    ["bytes that are no UTF-8", new Uint8Array([0x61, 0x3a, 0x20, 0xff]), "1:1 not_text -"],
    ["depth", `a: ${"[".repeat(40)}${"]".repeat(40)}\n`, "1:36 too_deep -"],
    ["bulk", `a: [${"1,".repeat(30_000)}1]\n`, "1:40001 too_many_values -"]
  ]
  for (const [what, text, complaint] of cases) {
    it.effect(`is refused: ${what}`, () =>
      Effect.gen(function* () {
        const failure = yield* refused(user(text))
        assert.strictEqual(failure.code, "CONFIG_INVALID")
        assert.strictEqual(codes[failure.code].exit, 2)
        assert.include(yield* complaints(user(text)), `runtime.yaml:${complaint}`)
      })
    )
  }

  it.effect("is refused in bounded time, however it is made", () =>
    Effect.gen(function* () {
      const bombs = [
        "[".repeat(70_000),
        "{a: ".repeat(20_000),
        "- ".repeat(40_000),
        "? ".repeat(40_000),
        Array.from({ length: 25_000 }, (_, index) => `k${index}: 1\n`).join(""),
        `a: &a [x]\n${Array.from({ length: 20 }, (_, index) => `b${index}: [*a,*a,*a]\n`).join("")}`
      ]
      for (const bomb of bombs) assert.strictEqual((yield* refused(user(bomb))).code, "CONFIG_INVALID")
    })
  )

  it.effect("names every fault of every file at once", () =>
    Effect.gen(function* () {
      const found = yield* complaints({
        user: { "runtime.yaml": "temperature: 9\nnonsense: 1\n", "persona.yaml": "identity:\n  name: 4\n" },
        project: { "routing_table.yaml": "routing_table:\n  modes:\n    mine:\n      primary: local:x\n" },
        environment: { IO3_TIMEOUTS_IDLE_SECONDS: "x", IO3_NONSENSE: "1" }
      })
      assert.deepStrictEqual(found, [
        "routing_table.yaml:3:5 missing_key routing_table.modes.mine.secondary",
        "runtime.yaml:1:1 wrong_value temperature",
        "runtime.yaml:2:1 unknown_key nonsense",
        "persona.yaml:2:3 wrong_value identity.name",
        "environment:0:0 wrong_value IO3_TIMEOUTS_IDLE_SECONDS",
        "environment:0:0 unknown_key IO3_NONSENSE"
      ])
    })
  )

  it.effect("refuses a log of content", () =>
    Effect.gen(function* () {
      const wishes: ReadonlyArray<readonly [text: string, ...complaints: ReadonlyArray<string>]> = [
        ["logging:\n  content:\n    enabled: true\n", "3:5 content_logging logging.content.enabled"],
        ["logging:\n  content: { enabled: yes please }\n", "2:14 content_logging logging.content.enabled"],
        ["logging: { content: true }\n", "1:12 content_logging logging.content"],
        ["storage:\n  local_only: false\n", "2:3 content_logging storage.local_only"],
        ["safety:\n  never_log: []\n", "2:3 content_logging safety.never_log"],
        [
          "logging:\n  metadata:\n    fields: [mode, Prompt, output]\n",
          "3:20 content_logging logging.metadata.fields[1]",
          "3:28 content_logging logging.metadata.fields[2]"
        ],
        [
          "storage: { content_log_dir: ./said }\nlogging: { content: { enabled: true } }\n",
          "1:12 content_logging storage.content_log_dir",
          "2:23 content_logging logging.content.enabled"
        ]
      ]
      for (const [text, ...expected] of wishes) {
        assert.deepStrictEqual(
          yield* complaints({ user: { "logging.yaml": text } }),
          expected.map((complaint) => `logging.yaml:${complaint}`)
        )
      }
    })
  )

  it.effect("refuses a log of content that a variable asks for", () =>
    Effect.gen(function* () {
      for (const name of [
        "IO3_LOGGING_CONTENT_ENABLED",
        "IO3_STORAGE_CONTENT_LOG_DIR",
        "IO3_STORAGE_LOCAL_ONLY",
        "IO3_SAFETY_NEVER_LOG",
        "IO3_LOGGING_METADATA_FIELDS"
      ]) {
        assert.deepStrictEqual(yield* complaints({ environment: { [name]: "true" } }), [
          `environment:0:0 content_logging ${name}`
        ])
      }
    })
  )

  it.effect("takes over a logging.yaml that asks for none, folder and all", () =>
    Effect.gen(function* () {
      const text = [
        "storage: { local_only: true, metadata_log_dir: ./logs, content_log_dir: ./logs/content }",
        "logging:",
        "  metadata: { enabled: true, fields: [mode, error_code], retention_days: 30 }",
        "  content: { enabled: false, retention_days: 7, redaction: { enabled: true, patterns: [api_keys] } }",
        "safety: { never_log: [api_keys, auth_headers, env_vars] }"
      ].join("\n")
      const { settings } = yield* loaded({ user: { "logging.yaml": text } })
      assert.deepStrictEqual(settings.logging.logging.content?.enabled, false)
    })
  )

  it.effect("is refused when it is larger than 256 KiB, and read when it is as large", () =>
    Effect.gen(function* () {
      const sized = (bytes: number) => user(`temperature: 1\n#${"x".repeat(bytes - 16)}`)
      const failure = yield* refused(sized(256 * 1024 + 1))
      assert.strictEqual(failure.code, "CONFIG_TOO_LARGE")
      assert.deepStrictEqual(failure.limit, { actual: 262_145, allowed: 262_144, unit: "bytes" })
      assert.strictEqual(row(yield* loaded(sized(256 * 1024)), "temperature"), "1 (user)")
    })
  )

  it.effect("takes an empty file, comments alone and a byte order mark", () =>
    Effect.gen(function* () {
      for (const text of ["", "# nothing\n", "---\n", "\uFEFFtemperature: 0.2\n"]) {
        assert.strictEqual((yield* loaded(user(text))).settings.runtime.temperature, 0.2)
      }
    })
  )

  it.effect("is refused where a file is a folder, a loop or in no folder", () =>
    Effect.gen(function* () {
      const made = yield* folders
      const unreadable = Effect.map(Effect.flip(made.load()), ({ code, places }) => [code, places?.[0]?.file])
      mkdirSync(join(made.userConfig, "logging.yaml"), { recursive: true })
      assert.deepStrictEqual(yield* unreadable, ["CONFIG_UNREADABLE", "logging.yaml"])
      symlinkSync("persona.yaml", join(made.userConfig, "persona.yaml"))
      assert.deepStrictEqual(yield* unreadable, ["CONFIG_UNREADABLE", "persona.yaml"])

      const other = yield* folders
      made.write(other.root, { "runtime.yaml": "" })
      symlinkSync("runtime.yaml", other.userConfig)
      assert.strictEqual((yield* Effect.flip(other.load())).code, "CONFIG_UNREADABLE")
    }).pipe(Effect.scoped)
  )

  it.effect("is refused where a file is a pipe or a device, without waiting for a word of it", () =>
    Effect.gen(function* () {
      const made = yield* folders
      const unreadable = Effect.map(Effect.flip(made.load()), ({ code, places }) => [code, places?.[0]?.file])
      const path = join(made.userConfig, "runtime.yaml")
      mkdirSync(made.userConfig)
      assert.strictEqual(spawnSync("mkfifo", [path]).status, 0)
      assert.deepStrictEqual(yield* unreadable, ["CONFIG_UNREADABLE", "runtime.yaml"])
      rmSync(path)
      symlinkSync("/dev/null", path)
      assert.deepStrictEqual(yield* unreadable, ["CONFIG_UNREADABLE", "runtime.yaml"])
    }).pipe(Effect.scoped)
  )

  it.effect("is refused where a file, or its folder, is a link to what is gone", () =>
    Effect.gen(function* () {
      const made = yield* folders
      const code = Effect.match(made.load(), { onSuccess: () => null, onFailure: ({ code }) => code })
      mkdirSync(join(made.root, "elsewhere"))
      for (const link of [join(made.root, "elsewhere", "runtime.yaml"), made.userConfig]) {
        symlinkSync(join(made.root, "gone"), link)
        if (link !== made.userConfig) symlinkSync(join(made.root, "elsewhere"), made.userConfig)
        assert.strictEqual(yield* code, "CONFIG_UNREADABLE")
        rmSync(made.userConfig)
      }
      rmSync(join(made.root, "elsewhere", "runtime.yaml"))
      symlinkSync(join(made.root, "elsewhere"), made.userConfig)
      assert.isNull(yield* code, "a link to a folder without files is a folder without files")
    }).pipe(Effect.scoped)
  )

  it.effect("is refused where the person may not read", () =>
    Effect.gen(function* () {
      yield* asNobody
      const made = yield* folders
      made.write(made.userConfig, { "runtime.yaml": "" })
      chmodSync(join(made.userConfig, "runtime.yaml"), 0)
      assert.strictEqual((yield* Effect.flip(made.load())).code, "CONFIG_UNREADABLE")
      chmodSync(made.userConfig, 0)
      assert.strictEqual((yield* Effect.flip(made.load())).code, "CONFIG_UNREADABLE")
      chmodSync(made.userConfig, 0o700)
    }).pipe(Effect.scoped)
  )

  const Places = Schema.Struct({
    file: Schema.Literals(fileNames as [(typeof fileNames)[number]]),
    shape: Schema.Literals([
      "KEY: VALUE",
      "KEY: [VALUE]",
      "KEY: VALUE: VALUE",
      "KEY: {VALUE",
      "- VALUE",
      "*VALUE",
      "! VALUE"
    ]),
    key: Schema.Literals([
      "temperature",
      "identity",
      "user",
      "logging",
      "packs",
      "providers",
      "route_allowlist",
      "x y"
    ])
  })
  it.effect.prop("never repeats a value", { bad: Places }, ({ bad }) =>
    Effect.gen(function* () {
      const text = bad.shape.replaceAll("VALUE", CANARY).replace("KEY", bad.key)
      const failure = yield* refused({ user: { [bad.file]: text } })
      const encoded = JSON.stringify(Schema.encodeSync(RuntimeFailure)(failure))
      for (const word of CANARY.split(" "))
        assert.notInclude(`${encoded}${failure.message}${String(failure)}`, word)
    })
  )
})
