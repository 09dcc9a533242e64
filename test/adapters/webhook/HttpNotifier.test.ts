/** What a real receiver does to a message, and where none is sent to. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { lookup, type LookupAddress } from "node:dns"
import { createServer } from "node:net"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import * as HttpNotifier from "../../../src/adapters/webhook/HttpNotifier.ts"
import { post } from "../../../src/adapters/webhook/Post.ts"
import { WebhookUrl } from "../../../src/domain/config/Address.ts"
import { Digest, Timestamp } from "../../../src/domain/Ids.ts"
import { type Attempt, messageId } from "../../../src/domain/webhook/Delivery.ts"
import { Configuration } from "../../../src/ports/Configuration.ts"
import { type Message, Notifier } from "../../../src/ports/Notifier.ts"
import { settings } from "../../support/settings.ts"
import { type Answer, receiving, says, secret, session, variables } from "../../support/webhooks.ts"

const message: Message = {
  id: messageId({ hash: Digest.make("ab".repeat(32)) }),
  event: "session_complete",
  payload: {
    event: "SESSION_COMPLETE",
    timestamp_ms: Timestamp.make(5),
    session_id: session(1),
    session_status: "closed",
    turn_count: 3
  }
}

type Webhooks = NonNullable<typeof settings.runtime.webhooks>

const notifier = (environment: Record<string, string>, webhooks: Webhooks = { allow_private: true }) =>
  HttpNotifier.layer({ environment }).pipe(
    Layer.provide(
      Layer.succeed(Configuration, {
        settings: { ...settings, runtime: { ...settings.runtime, webhooks } },
        placed: [],
        untrusted: []
      })
    )
  )

const send = (url: string, timeoutSeconds = 5, webhooks?: Webhooks) =>
  Notifier.use(({ send }) =>
    send({ name: "webhook_url", url: WebhookUrl.make(url), timeoutSeconds }, message)
  ).pipe(Effect.provide(notifier(variables, webhooks)))

const failed = (failure: Attempt["failure"]): Attempt => ({ status: null, failure, retryAfterSeconds: null })
const answered = (status: number, retryAfterSeconds: number | null = null): Attempt => ({
  status,
  failure: null,
  retryAfterSeconds
})

describe("a message", () => {
  it.live("arrives signed, with its headers and nothing but its payload", () =>
    Effect.gen(function* () {
      const receiver = yield* receiving()
      assert.deepStrictEqual(yield* send(receiver.url), answered(200))
      const [arrived, ...more] = receiver.arrived()
      assert.deepStrictEqual(more, [])
      assert.deepStrictEqual(arrived?.payload, message.payload)
      const { host, "content-length": length, ...headers } = arrived?.headers ?? {}
      assert.isAbove(Number(length), 100)
      assert.match(String(host), /^127\.0\.0\.1:\d+$/)
      assert.deepStrictEqual(Object.keys(headers).toSorted(), [
        "connection",
        "content-type",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-io3-event"
      ])
      assert.strictEqual(headers["x-io3-event"], "session_complete")
      assert.strictEqual(headers["webhook-id"], `msg_${"ab".repeat(16)}`)
      assert.strictEqual(headers["content-type"], "application/json")
    })
  )

  const answers: ReadonlyArray<readonly [title: string, answer: Answer, due: Attempt]> = [
    ["is taken by any 2xx", says(204), answered(204)],
    ["is not taken by an error", says(500), answered(500)],
    ["follows nobody elsewhere", says(302, { location: "http://127.0.0.1:1/" }), answered(302)],
    ["is told that it is unwanted", says(410), answered(410)],
    ["is told when to come again", says(503, { "retry-after": "120" }), answered(503, 120)],
    ["does not mind a date that is none", says(503, { "retry-after": "soon" }), answered(503)],
    [
      "counts a date that has passed as none",
      says(429, { "retry-after": new Date(0).toUTCString() }),
      answered(429, 0)
    ],
    ["loses its connection", (reply) => void reply.socket?.destroy(), failed("bad_response")],
    [
      "is taken though the answer breaks off",
      (reply) => {
        reply.writeHead(200, { "content-length": "1000" }).write("half of it")
        setTimeout(() => reply.socket?.destroy(), 20)
      },
      answered(200)
    ],
    [
      "reads no more than it must of an answer without end",
      (reply) => {
        reply.writeHead(200)
        const pour = (): void => {
          while (!reply.destroyed && reply.write(Buffer.alloc(65_536))) {
            // Until the receiver of it has enough.
          }
          if (!reply.destroyed) reply.once("drain", pour)
        }
        pour()
      },
      answered(200)
    ],
    [
      "has no room for headers without end",
      (reply) => void reply.writeHead(200, { "x-long": "a".repeat(20_000) }).end(),
      failed("bad_response")
    ],
    [
      "is answered with something that is not HTTP",
      (reply) => void reply.socket?.end("220 mail.example ESMTP\r\n"),
      failed("bad_response")
    ]
  ]
  for (const [title, answer, due] of answers) {
    it.live(title, () =>
      Effect.gen(function* () {
        const receiver = yield* receiving(answer)
        assert.deepStrictEqual(yield* send(receiver.url), due)
        assert.strictEqual(receiver.arrived().length, 1)
      })
    )
  }

  it.live("waits for an answer as long as it may, and closes the connection then", () =>
    Effect.gen(function* () {
      let closed = false
      const receiver = yield* receiving((reply) => reply.on("close", () => (closed = true)))
      assert.deepStrictEqual(yield* send(receiver.url, 1), failed("timeout"))
      yield* Effect.sleep("20 millis").pipe(Effect.repeat({ until: () => closed }))
    })
  )

  it.live("is taken once there is a status, whatever comes after it, and is hung up on then", () =>
    Effect.gen(function* () {
      let closed = false
      const receiver = yield* receiving((reply) => {
        reply.on("close", () => (closed = true))
        reply.writeHead(200).flushHeaders()
      })
      // It would be days before the attempt is over.
      assert.deepStrictEqual(yield* send(receiver.url, 100_000), answered(200))
      yield* Effect.sleep("20 millis").pipe(Effect.repeat({ until: () => closed }))
    })
  )

  it.live("finds nobody, or somebody without a certificate that holds", () =>
    Effect.gen(function* () {
      const { url } = yield* receiving()
      const gone = yield* Effect.scoped(receiving())
      assert.deepStrictEqual(yield* send(gone.url), failed("unreachable"))
      assert.deepStrictEqual(yield* send(url.replace("http:", "https:")), failed("tls"))
      assert.deepStrictEqual(yield* send("http://[/"), failed("unreachable"))
      assert.deepStrictEqual(yield* send("http://nobody.invalid/"), failed("unreachable"))
    })
  )
})

describe("a secret", () => {
  it.effect("is there and one, or nothing is sent", () =>
    Effect.gen(function* () {
      const readiness = (environment: Record<string, string>, webhooks?: Webhooks) =>
        Notifier.useSync(({ readiness }) => readiness).pipe(Effect.provide(notifier(environment, webhooks)))
      assert.strictEqual(yield* readiness({}), "secret_missing")
      assert.strictEqual(yield* readiness({ IO3_WEBHOOK_SECRET: "" }), "secret_missing")
      assert.strictEqual(yield* readiness({ IO3_WEBHOOK_SECRET: "whsec_short" }), "secret_malformed")
      assert.strictEqual(yield* readiness(variables), "ready")
      const named = { env_key_name: "HOOKS" } as Webhooks
      assert.strictEqual(yield* readiness(variables, named), "secret_missing")
      assert.strictEqual(yield* readiness({ HOOKS: secret }, named), "ready")
    })
  )
})

describe("an address", () => {
  const PRIVATE = [
    "http://127.0.0.1:9",
    "http://localhost:9",
    "http://127.1:9",
    "http://0x7f000001:9",
    "http://2130706433:9",
    "http://0177.0.0.1:9",
    "http://[::1]:9",
    "http://[::ffff:127.0.0.1]:9",
    "http://10.1.2.3:9",
    "http://192.168.0.1:9"
  ]
  const NEVER = [
    "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://0.0.0.0:9",
    "http://[::]:9",
    "http://224.0.0.1/"
  ]

  it.live("of this machine or network is one that nothing is sent to, unless the configuration says so", () =>
    Effect.gen(function* () {
      for (const url of [...PRIVATE, ...NEVER]) {
        assert.deepStrictEqual(yield* send(url, 5, {}), failed("address_forbidden"), url)
      }
      for (const url of NEVER) assert.deepStrictEqual(yield* send(url), failed("address_forbidden"), url)
      const receiver = yield* receiving()
      assert.deepStrictEqual(yield* send(receiver.url, 5, {}), failed("address_forbidden"))
      assert.deepStrictEqual(receiver.arrived(), [])
      const named = receiver.url.replace("127.0.0.1", "localhost")
      assert.deepStrictEqual(yield* send(named), answered(200))
    })
  )

  /** A name that stands for something else each time it is asked about. */
  const turning = (...turns: ReadonlyArray<ReadonlyArray<LookupAddress>>) => {
    let asked = 0
    const resolve = (_name: string, _options: object, answer: (error: null, found: unknown) => void) =>
      answer(null, turns[asked++ % turns.length])
    return { asked: () => asked, resolve: resolve as unknown as typeof lookup }
  }
  const posting = (resolve: typeof lookup, port: number, allowPrivate = false) =>
    post({
      url: `http://rebound.example:${port}/`,
      headers: {},
      body: "{}",
      timeoutMillis: 1000,
      allowPrivate,
      resolve
    })
  const v4 = (address: string): LookupAddress => ({ address, family: 4 })

  it.live(
    "is the one that was looked at: a name that stands for another one a moment later leads nowhere",
    () =>
      Effect.gen(function* () {
        let connections = 0
        const inside = createServer((socket) => {
          connections++
          socket.destroy()
        })
        yield* Effect.acquireRelease(
          Effect.promise(() => once(inside.listen(0, "127.0.0.1"), "listening")),
          () => Effect.promise(() => once(inside.close(), "close"))
        )
        const { port } = inside.address() as AddressInfo
        // A documentation address, which is never admitted, stands for one out there: nothing leaves this machine.
        for (const addresses of [
          [v4("127.0.0.1")],
          [v4("192.0.2.1")],
          [v4("127.0.0.1"), v4("1.1.1.1")],
          [v4("1.1.1.1"), { address: "::1", family: 6 }],
          [{ address: "::ffff:127.0.0.1", family: 6 }],
          [v4("169.254.169.254")]
        ]) {
          const { resolve, asked } = turning(addresses)
          assert.deepStrictEqual(yield* posting(resolve, port), failed("address_forbidden"))
          assert.strictEqual(asked(), 1)
        }
        assert.strictEqual(connections, 0)
        const first = turning([v4("127.0.0.1")], [v4("169.254.169.254")])
        yield* posting(first.resolve, port, true)
        assert.strictEqual(first.asked(), 1, "it is looked up once, by what connects")
        assert.strictEqual(connections, 1)
      })
  )
})
