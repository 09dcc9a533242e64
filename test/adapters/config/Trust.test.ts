/** Owns that a folder from elsewhere decides no address, provider or key before the person has said so there. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import {
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { isTrusted } from "../../../src/adapters/config/Trust.ts"
import { layer as projectLayer } from "../../../src/adapters/config/ProjectFolder.ts"
import { Project } from "../../../src/ports/Project.ts"
import { startWaiting } from "../../support/children.ts"
import { folders, loaded, row } from "../../support/configFolders.ts"

const PROJECT = {
  "providers.yaml":
    "providers: { ollama: { base_url: http://192.0.2.1 }, mine: { enabled: true, env_key_name: HOME } }\n",
  "runtime.yaml":
    "temperature: 1\nwebhook_url: http://192.0.2.2\nwebhooks: { session_complete: { url: http://192.0.2.3 } }\n",
  "persona.yaml": "identity: { name: Somebody }\n"
}
const UNTRUSTED = [
  "providers.ollama.base_url",
  "providers.mine.enabled",
  "providers.mine.env_key_name",
  "webhook_url",
  "webhooks.session_complete.url"
]

type Made = Effect.Success<typeof folders>
const trust = (made: Pick<Made, "projectConfig" | "trusted" | "named">) =>
  Effect.flatMap(Project, (project) => project.trust).pipe(Effect.provide(projectLayer(made)))
const leftOut = (made: Made, projectConfig = made.projectConfig) =>
  Effect.map(made.load({}, projectConfig), ({ untrusted }) => untrusted.map(({ path }) => path.join(".")))

describe("trust in a project folder", () => {
  it.effect("leaves out what is restricted, takes the rest, and says what was left out", () =>
    Effect.gen(function* () {
      const configuration = yield* loaded({ project: PROJECT })
      assert.deepStrictEqual(
        configuration.untrusted.map(({ path }) => path.join(".")),
        UNTRUSTED
      )
      assert.strictEqual(row(configuration, "providers.ollama.base_url"), "http://127.0.0.1:11434 (packaged)")
      assert.strictEqual(row(configuration, "providers.mine.enabled"), "none")
      assert.strictEqual(row(configuration, "webhook_url"), "none")
      assert.strictEqual(row(configuration, "temperature"), "1 (project)")
      assert.strictEqual(row(configuration, "identity.name"), "<content> (project)")
    })
  )

  it.effect("takes everything once it was trusted, until one of those values changes", () =>
    Effect.gen(function* () {
      const made = yield* folders
      made.write(made.projectConfig, PROJECT)
      assert.deepStrictEqual(yield* leftOut(made), UNTRUSTED)
      yield* trust(made)
      assert.deepStrictEqual(yield* leftOut(made), [])
      assert.strictEqual(row(yield* made.load(), "providers.ollama.base_url"), "http://192.0.2.1 (project)")
      assert.strictEqual(statSync(made.trusted).mode & 0o777, 0o600)

      const comment = { "runtime.yaml": `# a comment\n${PROJECT["runtime.yaml"]}max_output_tokens: 7\n` }
      made.write(made.projectConfig, comment)
      assert.deepStrictEqual(yield* leftOut(made), [])
      made.write(made.projectConfig, { "runtime.yaml": "webhook_url: http://192.0.2.4\n" })
      assert.deepStrictEqual(yield* leftOut(made), UNTRUSTED.slice(0, 4))
      yield* trust(made)
      assert.deepStrictEqual(yield* leftOut(made), [])
    }).pipe(Effect.scoped)
  )

  it.effect("belongs to the folder itself: neither to a copy nor to another under its name", () =>
    Effect.gen(function* () {
      const made = yield* folders
      made.write(made.projectConfig, PROJECT)
      yield* trust(made)
      const copy = join(made.root, "copy")
      cpSync(made.projectConfig, copy, { recursive: true })
      assert.deepStrictEqual(yield* leftOut(made, copy), UNTRUSTED)
      const link = join(made.root, "link")
      symlinkSync(made.projectConfig, link)
      assert.deepStrictEqual(yield* leftOut(made, link), [])
      rmSync(made.projectConfig, { recursive: true })
      symlinkSync(copy, made.projectConfig)
      assert.deepStrictEqual(yield* leftOut(made), UNTRUSTED)
    }).pipe(Effect.scoped)
  )

  it.effect("is kept for several folders, and a damaged memory trusts none", () =>
    Effect.gen(function* () {
      const made = yield* folders
      made.write(made.projectConfig, PROJECT)
      const other = { ...made, projectConfig: join(made.root, "other") }
      made.write(other.projectConfig, { "providers.yaml": "providers: {}\n" })
      yield* trust(made)
      yield* trust(other)
      assert.deepStrictEqual(yield* leftOut(made), [])
      for (const damaged of ["", "{", '{"a":1}', "[]", '{"__proto__":{}}']) {
        writeFileSync(made.trusted, damaged)
        assert.deepStrictEqual(yield* leftOut(made), UNTRUSTED)
      }
      rmSync(made.trusted)
      assert.strictEqual(spawnSync("mkfifo", [made.trusted]).status, 0)
      assert.deepStrictEqual(yield* leftOut(made), UNTRUSTED, "a pipe is not waited for")
      yield* trust(made)
      assert.deepStrictEqual(yield* leftOut(made), [])
    }).pipe(Effect.scoped)
  )

  it.live(
    "is kept for every folder, however many are trusted at the same moment",
    () =>
      Effect.gen(function* () {
        const made = yield* folders
        const shares = [0, 1, 2, 3].map((share) =>
          Array.from({ length: 40 }, (_, at) => join(made.root, `${share}-${at}`))
        )
        for (const folder of shares.flat()) mkdirSync(folder)
        const children = yield* Effect.forEach(shares, (share) =>
          startWaiting("trustChild.ts", made.trusted, ...share)
        )
        yield* Effect.forEach(children, ({ said }) => said(1))
        for (const { process } of children) process.stdin?.end()
        assert.deepStrictEqual(yield* Effect.forEach(children, ({ ended }) => ended), [0, 0, 0, 0])
        const kept = yield* Effect.filter(shares.flat(), (folder) =>
          isTrusted(made.trusted, folder, new Map())
        )
        assert.deepStrictEqual(kept, shares.flat())
      }).pipe(Effect.scoped),
    60_000
  )

  it.effect("reads what was kept before there was a line for each folder, and a line after one cut off", () =>
    Effect.gen(function* () {
      const made = yield* folders
      made.write(made.projectConfig, PROJECT)
      yield* trust(made)
      const grants = JSON.parse(readFileSync(made.trusted, "utf8").trim()) as Record<string, string>
      const other = { ...made, projectConfig: join(made.root, "other") }
      made.write(other.projectConfig, { "providers.yaml": "providers: {}\n" })
      const older = JSON.stringify({ [realpathSync(other.projectConfig)]: "0".repeat(64), ...grants })
      writeFileSync(made.trusted, older)
      assert.deepStrictEqual(yield* leftOut(made), [])
      writeFileSync(made.trusted, `${older}\n{"/cut`)
      yield* trust(other)
      assert.deepStrictEqual(yield* leftOut(made), [])
      assert.deepStrictEqual(yield* leftOut(made, other.projectConfig), [])
      yield* trust(made)
      assert.strictEqual(readFileSync(made.trusted, "utf8").match(/^\{.*\}$/gmu)?.length, 2)
    }).pipe(Effect.scoped)
  )

  it.effect("is not needed for a folder the person named, for the user's own files or the environment", () =>
    Effect.gen(function* () {
      const named = yield* loaded({ project: PROJECT, named: true })
      assert.deepStrictEqual(named.untrusted, [])
      assert.strictEqual(row(named, "webhook_url"), "http://192.0.2.2 (project)")
      const own = yield* loaded({ user: PROJECT, environment: { OLLAMA_HOST: "192.0.2.9" } })
      assert.deepStrictEqual(own.untrusted, [])
      assert.strictEqual(row(own, "providers.ollama.base_url"), "http://192.0.2.9:11434 (environment)")
    })
  )

  it.effect("shows a name that is none as a star", () =>
    Effect.gen(function* () {
      const { untrusted } = yield* loaded({ project: { "providers.yaml": '"\\e[2J x": 1\n' } })
      assert.deepStrictEqual(
        untrusted.map(({ path }) => path),
        [["*"]]
      )
    })
  )

  it.effect("fails plainly where there is no folder, or nowhere to remember", () =>
    Effect.gen(function* () {
      const made = yield* folders
      assert.strictEqual((yield* Effect.flip(trust(made))).code, "CONFIG_NOT_FOUND")
      mkdirSync(made.projectConfig, { recursive: true })
      writeFileSync(join(made.projectConfig, "runtime.yaml"), "max_output_tokens: 100\n")
      writeFileSync(dirname(made.trusted), "")
      assert.strictEqual((yield* Effect.flip(trust(made))).code, "TRUST_UNWRITABLE")
    }).pipe(Effect.scoped)
  )
})
