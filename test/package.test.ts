import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { createServer as serve } from "node:http"
import type { AddressInfo } from "node:net"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"
import { forgotten } from "../scripts/lockfile.ts"

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "io3-package-"))
const environment = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}` }

const run = (cwd: string, command: string, ...args: ReadonlyArray<string>) =>
  spawnSync(command, args, { cwd, env: environment, encoding: "utf8", timeout: 120_000 })

/** What an unsuccessful command said, for the message of an assertion. */
const said = (result: ReturnType<typeof run>) => `${result.stdout}\n${result.stderr}`

describe("the manifest", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly [kind in "dependencies" | "devDependencies"]: Readonly<Record<string, string>>
  }
  const lock = readFileSync(join(root, "package-lock.json"), "utf8")

  it("stands on exact versions, and on nothing of the older line", () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name)
    }
    assert.strictEqual(dependencies["effect"], dependencies["@effect/platform-node"])
    for (const name of ["@effect/platform", "@effect/cli", "@effect/schema"]) {
      assert.notInclude(lock, `"node_modules/${name}"`)
    }
  })

  it("locks the binaries of every platform, whatever the registry served", () => {
    assert.deepStrictEqual(forgotten(JSON.parse(lock)), {})
    const optionalDependencies = { "@a/b-linux-arm64": "1.2.3", "@a/b-linux-x64": "1.2.3", "@a/c": "1.2.3" }
    const packages = {
      "node_modules/@a/b": { dev: true, optionalDependencies },
      "node_modules/@a/b-linux-x64": {}
    }
    assert.deepStrictEqual(forgotten({ packages }), {
      "node_modules/@a/b-linux-arm64": {
        version: "1.2.3",
        cpu: ["arm64"],
        dev: true,
        optional: true,
        os: ["linux"]
      }
    })
  })

  it("locks what is installed, not where it came from", () => {
    assert.include(lock, '"integrity"')
    assert.notInclude(lock, '"resolved"')
  })
})

describe("the package", () => {
  beforeAll(() => {
    const packed = run(root, "npm", "pack", "--silent", "--pack-destination", folder)
    assert.strictEqual(packed.status, 0, said(packed))
    const [archive = ""] = readdirSync(folder)
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }')
    const installed = run(
      folder,
      "npm",
      "install",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      `./${archive}`
    )
    assert.strictEqual(installed.status, 0, said(installed))
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  for (const bin of ["io3", "io-iii"]) {
    it(
      `installs ${bin}, which answers without a model and without configuration`,
      { timeout: 60_000 },
      () => {
        const data = join(folder, `data-${bin}`)
        const program = join(folder, "node_modules", ".bin", bin)
        const version = run(folder, program, "--version")
        assert.strictEqual(version.status, 0, said(version))
        assert.match(version.stdout, /\d+\.\d+\.\d+/)
        const answer = run(
          folder,
          program,
          "run",
          "executor",
          "--offline",
          "--data",
          data,
          "--prompt",
          "Hello"
        )
        assert.strictEqual(answer.status, 0, said(answer))
        assert.isNotEmpty(answer.stdout)
      }
    )
  }

  it("calls a model from the bundle as from the sources", { timeout: 60_000 }, async () => {
    const served = serve(({ url }, response) => {
      const lines = [
        { message: { role: "assistant", content: "Hello" }, done: false },
        {
          message: { role: "assistant", content: "" },
          done: true,
          done_reason: "stop",
          prompt_eval_count: 3,
          eval_count: 1
        }
      ]
      response.setHeader("content-type", url === "/api/chat" ? "application/x-ndjson" : "application/json")
      response.end(url === "/api/chat" ? lines.map((line) => `${JSON.stringify(line)}\n`).join("") : "{}")
    })
    await new Promise<void>((resolve) => served.listen(0, "127.0.0.1", resolve))
    try {
      const config = join(folder, "config")
      mkdirSync(config)
      writeFileSync(join(config, "providers.yaml"), "providers: { ollama: { enabled: true } }")
      const program = join(folder, "node_modules", ".bin", "io3")
      const { port } = served.address() as AddressInfo
      const { stdout, stderr } = await promisify(execFile)(
        program,
        ["run", "executor", "--config-dir", config, "--data", join(folder, "data-model"), "--prompt", "Hi"],
        { cwd: folder, env: { ...environment, OLLAMA_HOST: `http://127.0.0.1:${port}` }, timeout: 50_000 }
      )
      assert.strictEqual(stdout, "Hello\n")
      assert.include(stderr, "3 in / 1 out")
    } finally {
      served.closeAllConnections()
      served.close()
    }
  })

  it("serves its page, whole, and needs nothing of what it was built with", { timeout: 60_000 }, async () => {
    const installed = join(folder, "node_modules")
    for (const name of ["vite", "preact", "marked", "dompurify"])
      assert.isFalse(existsSync(join(installed, name)), name)
    const server = spawn(
      join(installed, ".bin", "io3"),
      ["serve", "--port", "0", "-o", "json", "--offline"],
      {
        cwd: folder,
        env: { ...environment, IO3_DATA: join(folder, "data-page") },
        stdio: ["ignore", "pipe", "inherit"]
      }
    )
    try {
      const [line] = (await once(server.stdout, "data")) as [Buffer]
      const { url } = JSON.parse(line.toString()) as { readonly url: string }
      const page = await fetch(url, { headers: { "accept-encoding": "br" } })
      const text = await page.text()
      assert.deepStrictEqual([page.status, page.headers.get("content-encoding")], [200, "br"])
      assert.match(text, /^<!doctype html>/u)
      const made = [...text.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, path = ""]) => path)
      assert.isAtLeast(made.length, 3)
      const replies = await Promise.all(made.map((path) => fetch(new URL(path, url))))
      assert.deepStrictEqual(
        replies.map((reply) => [new URL(reply.url).origin, reply.status]),
        made.map(() => [url, 200])
      )
    } finally {
      server.kill("SIGTERM")
      await once(server, "exit")
    }
  })

  it("exports what another program imports, with types", { timeout: 120_000 }, () => {
    writeFileSync(
      join(folder, "program.ts"),
      'import { Runs } from "io-iii"\nimport { TestRuntime } from "io-iii/testing"\nconsole.log(typeof Runs, typeof TestRuntime)\n'
    )
    const options = {
      strict: true,
      noEmit: true,
      module: "nodenext",
      target: "es2024",
      skipLibCheck: false,
      types: []
    }
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, files: ["program.ts"] })
    )
    const ran = run(folder, process.execPath, "program.ts")
    assert.strictEqual(ran.status, 0, said(ran))
    assert.notInclude(ran.stdout, "undefined")
    const checked = run(
      folder,
      process.execPath,
      join(root, "node_modules", "typescript", "bin", "tsc"),
      "-p",
      "."
    )
    assert.notMatch(said(checked), /program\.ts|io-iii\/dist/)
  })

  it("does the work of capabilities, its own and another program's", { timeout: 60_000 }, () => {
    const page = readFileSync(join(root, "docs", "capabilities.md"), "utf8")
    const files = [...page.matchAll(/^`(\w+\.ts)`\n\n```ts\n([\s\S]*?)^```$/gm)]
    assert.strictEqual(files.length, 2)
    for (const [, file = "", source = ""] of files) writeFileSync(join(folder, file), source)
    const own = run(folder, process.execPath, "program.ts")
    assert.strictEqual(own.status, 0, said(own))
    assert.strictEqual(own.stdout, /^```text\n([\s\S]*?)^```$/m.exec(page)?.[1])
    // A program that is given as text starts its threads with other flags.
    const program = `import { Effect } from "effect"
      import { Capabilities, Content, Runs, Runtime } from "io-iii"
      const ask = Effect.gen(function* () {
        const capabilities = yield* Capabilities
        const { ok } = yield* capabilities.invoke("cap.text_diff", Content.of('{"before":"","after":"a"}'))
        const { released } = yield* (yield* Runs).run(Runs.request("executor", "Hello"))
        return [ok, released.receipt.usage.calls]
      })
      const runtime = Runtime.layer({ data: "data-ask", offline: true })
      console.log(String(await Effect.runPromise(Effect.provide(ask, runtime))))`
    const builtin = run(folder, process.execPath, "--input-type=module", "--eval", program)
    assert.deepStrictEqual([builtin.status, builtin.stdout], [0, "true,1\n"], said(builtin))
  })

  it("says what it needs on an older Node", () => {
    const launcher = join(folder, "node_modules", "io-iii", "dist", "io3.js")
    const pretended = `Object.defineProperty(process.versions, "node", { value: "20.20.2" }); await import(${JSON.stringify(launcher)})`
    const old = run(folder, process.execPath, "--input-type=module", "--eval", pretended)
    assert.deepStrictEqual([old.status, old.stdout], [2, ""])
    assert.strictEqual(old.stderr, "io3 needs Node 24 or later; this is Node 20.20.2.\n")
  })
})
