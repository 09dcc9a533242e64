/**
 * Owns a real small model behind Ollama's protocol, for suites that want one. The server is a folder of its own that
 * this repository does not contain: `IO3_OLLAMA_LITE` (installed) and `IO3_MODEL`, or `../shared` beside the checkout.
 */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { Effect, Schema, type Scope } from "effect"
import { BaseUrl } from "../../src/domain/config/Settings.ts"

export interface Lite {
  /** Holds `server.mjs`. */
  readonly folder: string
  /** A GGUF file. */
  readonly model: string
}

/** Where the server and its model are, or null. */
export const locate = (): Lite | null => {
  const beside = path.resolve(import.meta.dirname, "../../../shared")
  const folder = process.env["IO3_OLLAMA_LITE"] ?? path.join(beside, "ollama-lite")
  const models = path.join(beside, "models")
  const found = fs.existsSync(models) ? fs.readdirSync(models).filter((file) => file.endsWith(".gguf")) : []
  const model = process.env["IO3_MODEL"] ?? path.join(models, found[0] ?? "none")
  return fs.existsSync(path.join(folder, "server.mjs")) && fs.existsSync(model) ? { folder, model } : null
}

/** Says why a suite is skipped, in one line that nobody overlooks. */
export const announceSkip = (suite: string): void => {
  process.stderr.write(
    `SKIPPED ${suite}: no ollama-lite and model found; set IO3_OLLAMA_LITE and IO3_MODEL\n`
  )
}

const FILES = ["package.json", "package-lock.json", ".npmrc", "server.mjs", "engine.mjs", "wire.mjs"]

/** The folder itself when it is installed, else a copy in the system's scratch folder, made once. */
const installed = async (folder: string): Promise<string> => {
  if (fs.existsSync(path.join(folder, "node_modules"))) return folder
  const stamp = fs.statSync(path.join(folder, "package-lock.json")).size
  const target = path.join(os.tmpdir(), `io3-ollama-lite-${os.userInfo().uid}-${stamp}`)
  if (fs.existsSync(target)) return target
  const draft = fs.mkdtempSync(`${target}-`)
  for (const file of FILES) fs.copyFileSync(path.join(folder, file), path.join(draft, file))
  await promisify(execFile)("npm", ["ci", "--omit=optional", "--ignore-scripts"], {
    cwd: draft,
    timeout: 120_000
  })
  // Two suites may have started at once: the first one to finish wins.
  await fs.promises.rename(draft, target).catch(() => fs.promises.rm(draft, { recursive: true, force: true }))
  return target
}

const Ready = Schema.fromJsonString(Schema.Struct({ ready: Schema.Literal(true), url: BaseUrl }))
const START_MILLIS = 60_000

/** Starts the server on a free port, with more flags of its own; it ends with the scope. */
export const start = Effect.fnUntraced(function* (
  lite: Lite,
  ...flags: ReadonlyArray<string>
): Effect.fn.Return<BaseUrl, never, Scope.Scope> {
  const folder = yield* Effect.promise(() => installed(lite.folder))
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["server.mjs", "--port", "0", "--model", lite.model, ...flags], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"]
      })
    ),
    (server) =>
      Effect.promise(async () => {
        if (server.exitCode !== null || server.signalCode !== null) return
        const gone = once(server, "exit")
        server.kill("SIGTERM")
        await gone
      })
  )
  const [line] = yield* Effect.promise(() =>
    once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(START_MILLIS) })
  )
  return Schema.decodeUnknownSync(Ready)(line).url
})

/** A proxy that asks the server for a fault in each request (`x-fault`): the program itself has no such header. */
export const faulty = (target: BaseUrl, fault: string) =>
  forwarding(target, { headers: { "x-fault": fault }, body: (body) => body })

/** A proxy that forgets that nothing may be cut, as a server would that does not know of it. */
export const forgetful = (target: BaseUrl) =>
  forwarding(target, {
    headers: {},
    body: (body) => {
      if (body.length === 0) return body
      const { truncate, shift, ...rest } = JSON.parse(body.toString("utf8")) as Record<string, unknown>
      if (truncate !== false || shift !== false) throw new Error("nobody asked that nothing be cut")
      return Buffer.from(JSON.stringify(rest))
    }
  })

/** What a server was sent, in order. */
export interface Overheard {
  readonly url: BaseUrl
  readonly bodies: ReadonlyArray<string>
}

/** A proxy that changes nothing and keeps what goes through it to the server. */
export const overhearing = (target: BaseUrl): Effect.Effect<Overheard, never, Scope.Scope> => {
  const bodies: Array<string> = []
  const body = (sent: Buffer) => {
    if (sent.length > 0) bodies.push(sent.toString("utf8"))
    return sent
  }
  return Effect.map(forwarding(target, { headers: {}, body }), (url) => ({ url, bodies }))
}

interface Changes {
  readonly headers: http.OutgoingHttpHeaders
  readonly body: (body: Buffer) => Buffer
}

const forwarding = Effect.fnUntraced(function* (
  target: BaseUrl,
  changes: Changes
): Effect.fn.Return<BaseUrl, never, Scope.Scope> {
  const proxy = http.createServer(async (request, response) => {
    const pieces: Array<Buffer> = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const body = changes.body(Buffer.concat(pieces))
    const { "transfer-encoding": _, ...headers } = request.headers
    const onward = http.request(new URL(request.url ?? "/", target), {
      method: request.method,
      headers: { ...headers, "content-length": body.length, ...changes.headers },
      agent: false
    })
    onward.on("response", (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      response.flushHeaders()
      reply.on("data", (piece) => response.write(piece))
      reply.on("end", () => response.end())
      // A connection that was cut is cut here as well, not ended.
      reply.on("error", () => response.destroy())
    })
    onward.on("error", () => response.destroy())
    response.on("close", () => onward.destroy())
    onward.end(body)
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(proxy.listen(0, "127.0.0.1"), "listening")),
    () =>
      Effect.promise(() => {
        proxy.closeAllConnections()
        return once(proxy.close(), "close")
      })
  )
  return BaseUrl.make(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
})
