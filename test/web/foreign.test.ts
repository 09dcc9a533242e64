/** Opens a page of another origin on the same machine, and a name that was bent to it, and has both try what pages try. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Page } from "../../src/domain/ledger/Records.ts"
import { SessionsOutput } from "../../src/api/results/SessionResults.ts"
import { browser, browserWith, program } from "../support/browser.ts"
import { slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { served } from "../support/served.ts"

/** Runs in the foreign page: each way says what it could read, or null. */
const ATTACK = `
const target = TARGET
const body = JSON.stringify({ mode: "executor", prompt: "asked by another page" })
const read = async (request) => {
  try {
    const response = await request
    const text = await response.text()
    return text === "" ? null : text
  } catch { return null }
}
const frame = (source) => new Promise((done) => {
  const frame = document.createElement("iframe")
  frame.onload = () => {
    try { done(frame.contentDocument?.body?.innerText || null) } catch { done(null) }
  }
  setTimeout(() => done(null), 2000)
  frame.src = source
  document.body.append(frame)
})
const form = (path, type, name, value) => new Promise((done) => {
  const frame = document.createElement("iframe")
  frame.name = "f" + Math.random()
  const form = document.createElement("form")
  Object.assign(form, { action: target + path, method: "post", enctype: type, target: frame.name })
  const input = document.createElement("input")
  Object.assign(input, { name, value })
  form.append(input)
  document.body.append(frame, form)
  frame.onload = () => setTimeout(() => done(null), 100)
  setTimeout(() => done(null), 2000)
  form.submit()
})
const element = (tag, attributes) => new Promise((done) => {
  const node = document.createElement(tag)
  node.onload = () => done(tag === "script" || tag === "link" ? "loaded " + tag : null)
  node.onerror = () => done(null)
  setTimeout(() => done(null), 2000)
  Object.assign(node, attributes)
  document.head.append(node)
})
const ways = {
  "fetch": () => read(fetch(target + "/session")),
  "fetch with credentials": () => read(fetch(target + "/session", { credentials: "include" })),
  "fetch without cors": () => read(fetch(target + "/run", { mode: "no-cors" })),
  "post": () => read(fetch(target + "/run", { method: "POST", headers: { "content-type": "application/json" }, body })),
  "post as text": () => read(fetch(target + "/run", { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body })),
  "post without a type": () => read(fetch(target + "/session/start", { method: "POST", mode: "no-cors", body: new Blob([body]) })),
  "post of bytes": () => read(fetch(target + "/upload", { method: "POST", mode: "no-cors", body: new Uint8Array(9) })),
  "patch": () => read(fetch(target + "/session/0", { method: "PATCH", headers: { "content-type": "application/json" }, body: '{"title":"x"}' })),
  "delete": () => read(fetch(target + "/session/0", { method: "DELETE" })),
  "beacon": async () => { navigator.sendBeacon(target + "/run", body); return null },
  "form": () => form("/run", "text/plain", '{"mode":"executor","prompt":"a', 'b"}'),
  "form of a file": () => form("/upload", "multipart/form-data", "file", "x"),
  "form of a login": () => form("/login", "text/plain", '{"secret":"a', 'b"}'),
  "events": () => new Promise((done) => {
    const source = new EventSource(target + "/steward/stream")
    source.onmessage = (event) => done(event.data)
    source.onerror = () => (source.close(), done(null))
    setTimeout(() => (source.close(), done(null)), 2000)
  }),
  "a socket": () => new Promise((done) => {
    const socket = new WebSocket(target.replace("http", "ws") + "/session")
    socket.onopen = () => done("open")
    socket.onerror = () => done(null)
  }),
  "a script": () => element("script", { src: target + "/session" }),
  "a module": () => element("script", { type: "module", src: target + "/config" }),
  "a style": () => element("link", { rel: "stylesheet", href: target + "/run" }),
  "an image": () => element("img", { src: target + "/run?prompt=x" }),
  "a frame": () => frame(target + "/"),
  "a frame of the record": () => frame(target + "/ledger/head"),
  "a window": async () => {
    const other = open(target + "/")
    await new Promise((done) => setTimeout(done, 500))
    try { return other?.document?.body?.innerText || null } catch { return null }
  }
}
const found = {}
for (const [name, way] of Object.entries(ways)) found[name] = await way()
document.body.dataset.found = JSON.stringify(found)
`

const listening = (answer: RequestListener): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<Server>((done) => {
          const server = createServer(answer)
          server.listen(0, "127.0.0.1", () => done(server))
        })
    ),
    (server) => Effect.sync(() => (server.close(), server.closeAllConnections()))
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

/** What a page of somebody else, at a port of its own, could read of a server, by how. */
const attack = Effect.fnUntraced(function* (target: string) {
  const script = ATTACK.replace("TARGET", JSON.stringify(target))
  const site = yield* listening((_, response) =>
    response
      .setHeader("content-type", "text/html")
      .end(`<!doctype html><title>elsewhere</title><body><script type="module">${script}</script>`)
  )
  const chromium = yield* browser
  const found = yield* Effect.promise(async () => {
    const page = await chromium.newPage()
    await page.goto(site)
    const done = page.locator("body[data-found]")
    await done.waitFor({ state: "attached", timeout: 60_000 })
    return JSON.parse((await done.getAttribute("data-found")) ?? "") as Readonly<Record<string, unknown>>
  })
  return Object.entries(found).flatMap(([name, read]) => (read === null ? [] : [name]))
})

describe.skipIf(program === undefined)("a page of another site", slowly, () => {
  it.live("can neither read nor change anything, by any of the ways there are", () =>
    Effect.gen(function* () {
      const { url, server, decoded } = yield* served((socket) => socket.write(says("an answer")))
      assert.deepStrictEqual(yield* attack(url), [])
      assert.isEmpty(server.calls)
      assert.isEmpty((yield* decoded(SessionsOutput, 200, "GET", "/session")).sessions)
      assert.isEmpty((yield* decoded(Page, 200, "GET", "/run")).runs)
    })
  )

  it.live("would be seen to, by a server that lets it", () =>
    Effect.gen(function* () {
      const changed: Array<string> = []
      const careless = yield* listening(({ method = "", url = "" }, response) => {
        if (method !== "GET" && method !== "OPTIONS") changed.push(`${method} ${url}`)
        response.setHeader("access-control-allow-origin", "*").setHeader("access-control-allow-headers", "*")
        response.setHeader("access-control-allow-methods", "*").setHeader("content-type", "text/javascript")
        response.end("1")
      })
      assert.includeMembers(yield* attack(careless), [
        "fetch",
        "post",
        "patch",
        "delete",
        "a script",
        "a module"
      ])
      assert.isAbove(changed.length, 8)
    })
  )

  it.live("is not let in under a name that was bent to this machine", () =>
    Effect.gen(function* () {
      const { url } = yield* served((socket) => socket.write(says("an answer")))
      const { port } = new URL(url)
      const chromium = yield* browserWith("--host-resolver-rules=MAP *.example 127.0.0.1")
      for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"]) {
        const [status, text] = yield* Effect.promise(async () => {
          const page = await chromium.newPage()
          const response = await page.goto(`http://${host}:${port}/session`)
          return [response?.status(), await page.content()] as const
        })
        assert.strictEqual(status, 421, host)
        assert.include(text, "HOST_UNKNOWN")
      }
    })
  )
})
