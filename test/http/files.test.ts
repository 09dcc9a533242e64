/** Sends files up to the real server, and asks for what it shows of itself: its faults, and its contract as a page. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { createHash } from "node:crypto"
import { Api } from "../../src/api/Api.ts"
import { UploadOutput } from "../../src/api/Files.ts"
import { DiagnosisOutput } from "../../src/api/results/DoctorResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { Problem } from "../../src/api/Problem.ts"
import { codes } from "../../src/domain/Failure.ts"
import { bytesUnder, home, slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { served, serving } from "../support/served.ts"

const CANARY = "Zk7canary"
const text = `A file with ${CANARY} é€😀.`

/** Sends bytes as they are. */
const sending =
  (url: string) =>
  (bytes: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    Effect.promise(async () => {
      const reply = await fetch(`${url}/upload`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream", ...headers },
        body: bytes
      })
      return { status: reply.status, text: await reply.text() }
    })

const problemIn = Schema.decodeUnknownSync(Schema.fromJsonString(Problem))

describe("a file that is sent up", slowly, () => {
  it.live("goes into the runs and turns that refer to it, and is in clear on no disk", () =>
    Effect.gen(function* () {
      const { url, server, where, ask, decoded, refused, process, ended } = yield* served((socket) =>
        socket.write(says("Fine."))
      )
      const send = sending(url)
      const sent = yield* send(text)
      assert.strictEqual(sent.status, 201)
      assert.notInclude(sent.text, CANARY)
      const { file_ref, chars } = Schema.decodeUnknownSync(Schema.fromJsonString(UploadOutput))(sent.text)
      assert.strictEqual(chars, [...text].length)
      const asked = { mode: "executor", prompt: "What is in it?", file_ref }
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      for (const [path, body] of [
        ["/run", asked],
        ["/run", asked],
        [`/session/${session_id}/turn`, { prompt: "And now?", file_ref }]
      ] as const) {
        assert.strictEqual((yield* ask("POST", path, body)).status, 200)
        assert.include(server.calls.at(-1)?.messages.at(-1)?.content, text)
      }
      const both = yield* refused(400, "POST", "/run", { ...asked, file: "x" })
      assert.strictEqual(both.code, "REQUEST_INVALID")
      for (const [path, bytes] of bytesUnder(where.root)) assert.isFalse(bytes.includes(CANARY), path)
      const gone = yield* refused(422, "POST", "/run", { ...asked, file_ref: `00000000${file_ref.slice(8)}` })
      assert.strictEqual(gone.code, "FILE_REF_EXPIRED")
      const malformed = yield* refused(400, "POST", "/run", { ...asked, file_ref: CANARY })
      assert.deepStrictEqual(malformed.errors, [{ pointer: "/file_ref", fault: "wrong_value" }])
      process.kill("SIGKILL")
      yield* ended
      const next = yield* serving(where)
      assert.strictEqual((yield* next.refused(422, "POST", "/run", asked)).code, "FILE_REF_EXPIRED")
    })
  )

  it.live("is text of at most 2 MiB, sent as its bytes by no page of another site", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(yield* home())
      const send = sending(url)
      const most = new Uint8Array(2_097_152).fill(0x61)
      assert.strictEqual((yield* send(most)).status, 201)
      const wrong = [
        ["FILE_TOO_LARGE", send(new Uint8Array(2_097_153).fill(0x61))],
        ["UNSUPPORTED_FILE_TYPE", send(`%PDF-1.4\n${CANARY}`)],
        ["FILE_NOT_TEXT", send(Uint8Array.of(0x61, 0xff, 0x62))],
        ["MEDIA_TYPE_UNSUPPORTED", send("{}", { "content-type": "application/json" })],
        ["MEDIA_TYPE_UNSUPPORTED", send(CANARY, { "content-type": "text/plain" })],
        ["MEDIA_TYPE_UNSUPPORTED", send(CANARY, { "content-type": "multipart/form-data; boundary=x" })],
        ["ORIGIN_FORBIDDEN", send(CANARY, { origin: "http://evil.example" })]
      ] as const
      for (const [code, reply] of wrong) {
        const { status, text } = yield* reply
        assert.deepInclude(problemIn(text), { code, status: codes[code].status }, text)
        assert.strictEqual(status, codes[code].status)
        assert.notInclude(text, CANARY)
      }
    })
  )
})

describe("what a server shows of itself", slowly, () => {
  it.live("is what is wrong, without a name or a path of this machine, and its contract as a page", () =>
    Effect.gen(function* () {
      const { where, ask, decoded } = yield* served(() => {})
      const diagnosis = yield* decoded(DiagnosisOutput, 200, "GET", "/doctor")
      assert.include(diagnosis.checks, "journal")
      const { text: told } = yield* ask("GET", "/doctor")
      for (const word of [where.root, "ollama", "writer"]) assert.notInclude(told, word)

      const { status, headers, text: page } = yield* ask("GET", "/docs")
      assert.strictEqual(status, 200)
      assert.strictEqual(headers.get("content-type"), "text/html; charset=utf-8")
      const style = /<style>([\s\S]*?)<\/style>/u.exec(page)?.[1] ?? ""
      const digest = createHash("sha256").update(style).digest("base64")
      assert.match(headers.get("content-security-policy") ?? "", /^default-src 'none'; style-src 'sha256-/u)
      assert.include(headers.get("content-security-policy"), `'sha256-${digest}'`)
      assert.notMatch(page, /<script|<link|<img|<iframe|\son[a-z]+=|\sstyle=|https?:/iu)
      // Whatever it refers to is there.
      const ids = new Set([...page.matchAll(/\sid="([^"]+)"/gu)].map(([, id]) => id))
      for (const [, target] of page.matchAll(/href="#([^"]+)"/gu)) assert.isTrue(ids.has(target), target)
      for (const { endpoints } of Object.values(Api.groups))
        for (const { method, path } of Object.values(endpoints))
          assert.include(page, `${method} ${path.replaceAll(/:([a-z]+)/gu, "{$1}")}`)
      for (const code of Object.keys(codes)) assert.include(page, `<code>${code}</code>`)
    })
  )
})
