/** Starts the server as a clone does, and asks when its page is built anew. */
import { afterAll, assert, describe, it, vi } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isFresh } from "../scripts/page.ts"

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "io3-start-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A checkout with what `npm ci` has put beside it. */
const clone = join(folder, "clone")
mkdirSync(clone)
for (const name of ["src", "scripts", "config", "package.json", "package-lock.json", "tsconfig.json"])
  cpSync(join(root, name), join(clone, name), { recursive: true })
symlinkSync(join(root, "node_modules"), join(clone, "node_modules"))

/** `npm start`, until it has said where it is; then what it has said, and what is there. */
const started = async (name: string) => {
  const server = spawn(process.execPath, ["scripts/start.ts", "serve", "--port", "0"], {
    cwd: clone,
    env: { ...process.env, IO3_DATA: join(folder, name), XDG_CONFIG_HOME: folder },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let stderr = ""
  server.stderr.on("data", (piece: Buffer) => (stderr += piece.toString()))
  try {
    const [line] = (await once(server.stdout, "data")) as [Buffer]
    const stdout = line.toString()
    const page = await fetch(stdout.trim())
    return { stdout, stderr, status: page.status, text: await page.text() }
  } finally {
    server.kill("SIGTERM")
    await once(server, "exit")
  }
}

describe("a start from a clone", () => {
  it("prints one address, and builds the page where it is missing or old, or says that it cannot", async () => {
    const first = await started("first")
    assert.match(first.stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/u)
    assert.include(first.stderr, "Building the page …")
    assert.deepStrictEqual([first.status, first.text.slice(0, 15)], [200, "<!doctype html>"])
    const made = [join(clone, "src", "web", "main.tsx"), join(clone, "package-lock.json")]
    assert.isTrue(isFresh(join(clone, "dist", "page"), made), "it would not be built again")
    // What cannot be built leaves what was there, and the server begins.
    const main = join(clone, "src", "web", "main.tsx")
    writeFileSync(main, `${readFileSync(main, "utf8")}\nimport "./nowhere.ts"\n`)
    const later = new Date(Date.now() + 60_000)
    utimesSync(main, later, later)
    const broken = await started("first")
    assert.match(broken.stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/u)
    assert.include(broken.stderr, "The page could not be built; everything else is served.")
    assert.deepStrictEqual([broken.status, broken.text], [200, first.text])
    assert.isTrue(existsSync(join(clone, "dist", "page", "index.html")))
  })

  it("ends with npm, which does not hand on that it was told to", async () => {
    const npm = spawn("npm", ["start", "--silent", "--", "--port", "0"], {
      cwd: clone,
      env: { ...process.env, IO3_DATA: join(folder, "third"), XDG_CONFIG_HOME: folder },
      stdio: ["ignore", "pipe", "ignore"]
    })
    const [line] = (await once(npm.stdout, "data")) as [Buffer]
    const url = line.toString().trim()
    assert.strictEqual((await fetch(`${url}/livez`)).status, 200)
    npm.kill("SIGTERM")
    await once(npm, "exit")
    const isThere = () => fetch(`${url}/livez`).then(Boolean, () => false)
    await vi.waitFor(async () => assert.isFalse(await isThere()), { timeout: 10_000, interval: 100 })
  })

  it("takes a page for fresh that is younger than all it is made of", () => {
    const page = join(folder, "page")
    const [one, other] = [join(folder, "one"), join(folder, "other")]
    for (const path of [one, other]) writeFileSync(path, "")
    assert.isFalse(isFresh(page, [one]), "there is none")
    mkdirSync(page)
    const index = join(page, "index.html")
    writeFileSync(index, "")
    const at = (path: string, seconds: number) => utimesSync(path, seconds, seconds)
    at(one, 10)
    at(other, 20)
    at(index, 30)
    assert.isTrue(isFresh(page, [one, other]))
    at(other, 31)
    assert.isFalse(isFresh(page, [one, other]))
  })
})
