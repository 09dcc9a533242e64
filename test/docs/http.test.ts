/** Runs the lines of the page about HTTP as they stand, against the real server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Api } from "../../src/api/Api.ts"
import { home, program, shell, slowly } from "../support/io3.ts"
import { serving } from "../support/served.ts"

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "http.md"), "utf8")
const lines = [...page.matchAll(/```sh\n([\s\S]*?)```/gu)].flatMap(([, block = ""]) =>
  block.trim().split("\n")
)

const hasCurl = spawnSync("curl", ["--version"]).status === 0
if (!hasCurl) process.stderr.write("SKIPPED the lines of docs/http.md: no curl\n")

describe("docs/http.md", slowly, () => {
  it.live.skipIf(!hasCurl)("has lines that can be typed as they stand", () =>
    Effect.gen(function* () {
      assert.isAtLeast(lines.length, 10)
      const where = yield* home()
      const { url } = yield* serving(where, "--host", "127.0.0.1")
      for (const line of lines) {
        const { code, stdout } = yield* shell(where, `IO3='${url}'; ${line}`)
        assert.strictEqual(code, 0, line)
        assert.notMatch(stdout, /urn:io3:|^\{"error":/u, line)
        if (line.includes(`"stream":true`))
          assert.match(stdout, /data: .*"finish_reason":"stop".*\n[^]*data: \[DONE\]\n\n$/u)
        else if (line.includes("event-stream"))
          assert.match(stdout, /event: turn_completed\ndata: .*released/u)
        else assert.isObject(JSON.parse(stdout), line)
      }
    })
  )

  it.live.skipIf(!hasCurl)("has lines for those with a token, and each role gets what it may", () =>
    Effect.gen(function* () {
      const lines = (/```bash\n([\s\S]*?)```/u.exec(page)?.[1] ?? "").trim().split("\n")
      assert.isAtLeast(lines.length, 5)
      const where = yield* home()
      const { url } = yield* serving(where, "--host", "127.0.0.1")
      for (const line of lines) {
        // A server knows of a token a moment after it was made.
        const io3 = `io3() { '${process.execPath}' '${program}' "$@"; }; IO3='${url}'; sleep 0.6`
        const { code, stdout } = yield* shell(where, `${io3}; ${line}`)
        assert.strictEqual(code, 0, line)
        assert.notInclude(stdout, "urn:io3:", line)
        if (line.startsWith("curl")) assert.isObject(JSON.parse(stdout), line)
      }
    })
  )

  it.live("has a program of the typed client that runs", () =>
    Effect.gen(function* () {
      const [, source = ""] = /```ts\n([\s\S]*?)```/u.exec(page) ?? []
      const { url } = yield* serving(yield* home(), "--host", "127.0.0.1")
      const directory = mkdtempSync(join(import.meta.dirname, ".examples-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
      // The source in place of the release: a test of its own installs that one and imports it.
      const here = source
        .replace('"io-iii/client"', '"../../../src/client.ts"')
        .replace("http://127.0.0.1:8080", url)
      writeFileSync(join(directory, "program.ts"), here)
      const ran = yield* Effect.promise(
        () =>
          new Promise<string>((resolve) =>
            execFile(process.execPath, [join(directory, "program.ts")], (_, stdout, stderr) =>
              resolve(stdout + stderr)
            )
          )
      )
      assert.match(ran, /message: .*stand-in/u)
      assert.match(ran, /receipt: \{/u)
    })
  )

  it("names every address of the contract", () => {
    const paths = Object.values(Api.groups).flatMap(({ endpoints }) =>
      Object.values(endpoints).map(({ path }) => path)
    )
    assert.isAtLeast(paths.length, 40)
    for (const path of paths) {
      const [, first = ""] = path.split("/")
      const last = path.split("/").findLast((part: string) => !part.startsWith(":")) ?? ""
      assert.include(page, `/${first}`, path)
      assert.include(page, last, path)
    }
  })
})
