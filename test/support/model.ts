/** Owns a scripted Ollama for tests of the program, and the configuration that sends its modes there. */
import { Effect, Schema, type Scope } from "effect"
import type { Socket } from "node:net"
import type { FileName } from "../../src/domain/config/Settings.ts"
import { configure, home } from "./io3.ts"
import { done, piece } from "./ollamaTalk.ts"
import { chunk, chunked, opening, serve, type Server } from "./upstream.ts"

const Asked = Schema.fromJsonString(
  Schema.Struct({
    model: Schema.String,
    messages: Schema.Array(Schema.Struct({ role: Schema.String, content: Schema.String }))
  })
)
export type Asked = typeof Asked.Type

export interface Model extends Server {
  /** What it was asked to answer, in order; questions about its health are none. */
  readonly calls: ReadonlyArray<Asked>
  /** Waits until the client has closed the connection of the last call. */
  readonly left: Effect.Effect<void>
}

export type Answers = (socket: Socket, asked: Asked) => void

/** The models of the configuration below: `writer` drafts, `second` stands in for it, `judge` audits. */
export const model = Effect.fnUntraced(function* (
  answers: Answers
): Effect.fn.Return<Model, never, Scope.Scope> {
  const calls: Array<Asked> = []
  let last = -1
  const server: Server = yield* serve((socket, { line, body }) => {
    if (!/^POST \S*\/api\/chat /u.test(line)) return void socket.write(reply(line))
    last = server.requests.length - 1
    const asked = Schema.decodeUnknownSync(Asked)(body)
    calls.push(asked)
    answers(socket, asked)
  })
  return { ...server, calls, left: Effect.suspend(() => server.closed(last)) }
})

const reply = (line: string): string => {
  const body = line.includes("/api/tags")
    ? JSON.stringify({ models: ["writer", "second", "judge"].map((name) => ({ name, model: name })) })
    : `{"version":"0.32.15"}`
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** A whole answer in pieces. */
export const says = (...words: ReadonlyArray<string>) =>
  chunked([...words.map((word) => piece(word)), done()])

/** The beginning of an answer that does not end. */
export const begins = (...words: ReadonlyArray<string>): Buffer =>
  Buffer.concat([opening(), ...words.map((word) => chunk(piece(word)))])

/** An error of the server with a body of its own. */
export const breaks = (status: number, body: string): string =>
  `HTTP/1.1 ${status} Error\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** A verdict as an auditor writes it. */
export const verdict = (decision: "pass" | "needs_work" | "reject", words = ""): Buffer =>
  says(
    JSON.stringify({
      decision,
      issues: [],
      high_risk_claims: [],
      suggested_fixes: words === "" ? [] : [words]
    })
  )

export const configuration = (server: Model): Partial<Record<FileName, string>> => named(server, "writer")

/** The same with another name for `writer`, and an address that ends in a path. */
export const named = (server: Model, writer: string, path = ""): Partial<Record<FileName, string>> => ({
  "providers.yaml": `providers:\n  ollama:\n    enabled: true\n    base_url: ${server.baseUrl}${path}\n`,
  "routing_table.yaml": `\
routing_table:
  modes:
    executor: { primary: "local:${writer}", secondary: "local:second" }
    challenger: { primary: "local:judge", secondary: "local:judge" }
`
})

/** A home whose own configuration names such a model. */
export const scene = Effect.fnUntraced(function* (answers: Answers, name?: string) {
  const where = yield* home(name)
  const server = yield* model(answers)
  yield* configure(where.userConfig, configuration(server))
  return { where, server }
})
