/** Asks for the page as browsers do, as nobody in particular, and where there is none. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import { filesIn } from "../../src/adapters/server/PageFolder.ts"
import { Problem } from "../../src/api/Problem.ts"
import { ServingOutput } from "../../src/api/results/SystemResults.ts"
import { home, parse, program, slowly, startCommand, until } from "../support/io3.ts"
import { asking, served, serving } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"

const files = filesIn(join(dirname(program), "page"))
const codeIn = (text: string) => Schema.decodeUnknownSync(Schema.fromJsonString(Problem))(text).code

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** As it goes over the wire: `fetch` would undo its compression. */
const get = (url: string, path: string, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
  Effect.promise(
    () =>
      new Promise<Answer>((resolve, reject) => {
        const { hostname, port } = new URL(url)
        request({ hostname, port, path, method, headers }, async (response) => {
          const pieces: Array<Uint8Array> = []
          for await (const piece of response) pieces.push(piece as Uint8Array)
          const { statusCode: status = 0 } = response
          resolve({
            status,
            headers: response.headers as Answer["headers"],
            body: Buffer.concat(pieces)
          })
        })
          .on("error", reject)
          .end()
      })
  )

describe("the page", slowly, () => {
  it.live(
    "is sent to anybody from memory, once while it stays the same, and nothing that is misspelt is",
    () =>
      Effect.gen(function* () {
        const { where, url } = yield* served((socket) => socket.end())
        yield* tokensIn(where).issue("alice", "operator")
        yield* Effect.sleep("1 second")
        assert.isAtLeast(files.size, 3)
        for (const [path, { contentType, plain, gzip, br, isLasting }] of files) {
          const whole = yield* get(url, path)
          assert.deepStrictEqual([whole.status, whole.headers["content-type"]], [200, contentType], path)
          assert.isTrue(whole.body.equals(plain), path)
          assert.strictEqual(whole.headers["connection"], "keep-alive")
          assert.strictEqual(
            whole.headers["cache-control"],
            isLasting ? "public, max-age=31536000, immutable" : "no-cache"
          )
          const head = yield* get(url, path, {}, "HEAD")
          assert.deepStrictEqual([head.status, head.body.length], [200, 0])
          assert.strictEqual(head.headers["content-length"], String(plain.length))
          const forms = [
            ["gzip", gzip, gunzipSync],
            ["br", br, brotliDecompressSync]
          ] as const
          const tags = new Set([whole.headers["etag"]])
          for (const [encoding, bytes, undone] of forms) {
            const packed = yield* get(url, path, { "accept-encoding": `x, ${encoding};q=0.5` })
            assert.strictEqual(packed.headers["content-encoding"], bytes ? encoding : undefined)
            assert.isTrue((bytes ? undone(packed.body) : packed.body).equals(plain), path)
            if (bytes) tags.add(packed.headers["etag"])
            const refused = yield* get(url, path, { "accept-encoding": `${encoding};q=0` })
            assert.isUndefined(refused.headers["content-encoding"])
            const same = yield* get(url, path, {
              "accept-encoding": encoding,
              "if-none-match": `"other", W/${packed.headers["etag"]}`
            })
            assert.deepStrictEqual([same.status, same.body.length], [304, 0], path)
            assert.strictEqual(same.headers["etag"], packed.headers["etag"])
          }
          assert.strictEqual(tags.size, 1 + (gzip ? 1 : 0) + (br ? 1 : 0), "each form has its own tag")
          assert.strictEqual((yield* get(url, path, { "if-none-match": '"other"' })).status, 200)
          const post = yield* get(url, path, {}, "POST")
          assert.deepStrictEqual([post.status, post.headers["allow"]], [405, "GET, HEAD"], path)
          assert.strictEqual(codeIn(post.body.toString()), "METHOD_UNSUPPORTED")
        }
        // Whatever is asked for after a question mark, it is the page.
        assert.strictEqual((yield* get(url, "/?a=b")).status, 200)
        for (const path of [
          "//",
          "/index.html",
          "/assets",
          "/assets/",
          "/assets/../index.html",
          "/%61ssets/x.js"
        ]) {
          const refused = yield* get(url, path)
          assert.strictEqual(refused.status, 401, path)
        }
        const script = [...files.keys()].find((path) => path.endsWith(".js")) ?? ""
        for (const path of [`/${script}`, `${script}/`, `${script}.br`, script.replace("/assets", "/Assets")])
          assert.strictEqual((yield* get(url, path)).status, 401, path)
      })
  )

  it.live("lets nothing in from elsewhere, is framed by nobody, and is no other host's", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(yield* home())
      for (const path of files.keys()) {
        const { headers } = yield* get(url, path)
        const policy = new Map(
          (headers["content-security-policy"] ?? "").split("; ").map((one) => {
            const [name = "", ...rest] = one.split(" ")
            return [name, rest.join(" ")] as const
          })
        )
        assert.strictEqual(policy.get("default-src"), "'none'")
        assert.strictEqual(policy.get("script-src"), "'self'")
        assert.strictEqual(policy.get("connect-src"), "'self'")
        assert.strictEqual(policy.get("frame-ancestors"), "'none'")
        assert.strictEqual(policy.get("require-trusted-types-for"), "'script'")
        for (const sources of policy.values()) assert.notMatch(sources, /unsafe|\*|https?:/u)
        assert.strictEqual(headers["x-frame-options"], "DENY")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.strictEqual(headers["referrer-policy"], "no-referrer")
        assert.strictEqual(headers["cross-origin-opener-policy"], "same-origin")
        assert.strictEqual(headers["cross-origin-resource-policy"], "same-origin")
        assert.include(headers["permissions-policy"] ?? "", "camera=()")
      }
      const bent = yield* get(url, "/", { host: "rebound.example" })
      assert.deepStrictEqual([bent.status, codeIn(bent.body.toString())], [421, "HOST_UNKNOWN"])
      for (const site of ["cross-site", "same-site"]) {
        const sent = yield* get(url, "/", { "sec-fetch-site": site, "sec-fetch-mode": "navigate" })
        assert.deepStrictEqual([sent.status, codeIn(sent.body.toString())], [403, "ORIGIN_FORBIDDEN"], site)
      }
      assert.strictEqual((yield* get(url, "/", { "sec-fetch-site": "none" })).status, 200)
      const unknown = yield* get(url, "/assets/none.js")
      assert.deepStrictEqual([unknown.status, codeIn(unknown.body.toString())], [404, "ENDPOINT_UNKNOWN"])
    })
  )

  it.live("is said not to be built where it is not, and everything else is served", () =>
    Effect.gen(function* () {
      const bare = mkdtempSync(join(tmpdir(), "io3-bare-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(bare, { recursive: true })))
      cpSync(dirname(program), bare, {
        recursive: true,
        filter: (path) => path !== join(dirname(program), "page")
      })
      const args = [join(bare, "io3.js"), "serve", "--port", "0", "-o", "json"]
      const running = yield* startCommand(yield* home(), process.execPath, args)
      yield* until(() => running.stdout().endsWith("}\n"))
      const { ask } = asking(parse(ServingOutput, running.stdout()).url)
      const none = yield* ask("GET", "/")
      assert.deepStrictEqual([none.status, codeIn(none.text)], [404, "PAGE_UNBUILT"])
      assert.include(none.text, "npm run build")
      assert.strictEqual((yield* ask("GET", "/whoami")).status, 200)
      assert.strictEqual((yield* ask("GET", "/favicon.svg")).status, 404)
    })
  )
})
