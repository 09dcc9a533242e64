/** Owns receivers of webhooks for tests, a secret that they share with whoever sends, and events that are told. */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Webhook } from "standardwebhooks"
import type { Event } from "../../src/domain/Event.ts"
import { Count, Digest, Principal, RunId, SessionId, sessionStream } from "../../src/domain/Ids.ts"
import type { SessionAfter } from "../../src/domain/session/SessionEvent.ts"

export const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`
export const variables = { IO3_WEBHOOK_SECRET: secret }

/** What arrived. */
export interface Arrived {
  readonly headers: IncomingHttpHeaders
  readonly id: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** What a receiver does with the `n`th message, from 0. */
export type Answer = (reply: ServerResponse, n: number, arrived: Arrived) => void

export const says =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (reply) =>
    void reply.writeHead(status, headers).end()

export interface Receiver {
  readonly url: string
  /** Everything that arrived so far; throws where another implementation finds it not signed with the secret. */
  readonly arrived: () => ReadonlyArray<Arrived>
}

/** Listens on 127.0.0.1 until the scope ends. */
export const receiving = Effect.fnUntraced(function* (
  answer: Answer = says(200)
): Effect.fn.Return<Receiver, never, Scope.Scope> {
  const all: Array<{ readonly body: string; readonly headers: IncomingHttpHeaders }> = []
  const server = createServer((request, reply) => {
    let body = ""
    request.on("data", (piece: Buffer) => (body += piece.toString("utf8")))
    request.on("end", () => {
      const n = all.push({ body, headers: request.headers }) - 1
      answer(reply, n, { headers: request.headers, id: idIn(request.headers), payload: JSON.parse(body) })
    })
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
    () =>
      Effect.promise(() => {
        server.closeAllConnections()
        return once(server.close(), "close")
      })
  )
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    arrived: () =>
      all.map(({ body, headers }) => ({
        headers,
        id: idIn(headers),
        payload: new Webhook(secret).verify(body, headers as Record<string, string>) as Arrived["payload"]
      }))
  }
})

const idIn = (headers: IncomingHttpHeaders): string => String(headers["webhook-id"])

const uuid = (n: number): string => `01900000-0000-7000-8000-${String(n).padStart(12, "0")}`
export const session = (n: number): SessionId => SessionId.make(uuid(n))
export const streamOf = (n: number) => sessionStream(session(n))

const after = (more: Partial<SessionAfter>): SessionAfter => ({
  mode: "steward",
  status: "active",
  turns: Count.make(1),
  steps: Count.make(0),
  answers: Count.make(0),
  tokens: Count.make(0),
  maxTurns: Count.make(9),
  open: null,
  title: null,
  erased: false,
  ...more
})

/** A turn that is held, and told as `steward_gate_triggered`. */
export const held = (n: number): Event => ({
  _tag: "TurnHeld",
  run: RunId.make(uuid(n)),
  index: Count.make(n),
  threshold: "always",
  digest: Digest.make("0".repeat(64)),
  after: after({ status: "paused", steps: Count.make(n) })
})

/** A session that is closed, and told as `session_complete`. */
export const closed: Event = {
  _tag: "SessionClosed",
  principal: Principal.make("local"),
  after: after({ status: "closed" })
}

/** Something that is nobody's affair. */
export const quiet: Event = {
  _tag: "SessionModeChanged",
  mode: "work",
  principal: Principal.make("local"),
  after: after({})
}
