/** Owns a receiver that is handed what would have been posted, and checks it as anybody does who has the secret and none of our code. */
import { Clock, Effect, Layer, Ref } from "effect"
import { createHmac, randomBytes } from "node:crypto"
import { type Arrived, Receiver } from "../../ports/Receiver.ts"
import * as HttpNotifier from "./HttpNotifier.ts"
import type { Post, Posting } from "./Post.ts"

const SECRET_BYTES = 32
/** A message from another time than this, either way, is one that somebody sends again. */
const TOLERANCE_SECONDS = 300

/** A receiver, its secret, and who brings messages to it. */
export interface Made {
  readonly receiver: Receiver["Service"]
  readonly secret: string
  readonly post: Post
}

export const make: Effect.Effect<Made> = Effect.gen(function* () {
  const answer = yield* Ref.make<Effect.Effect<number>>(Effect.succeed(200))
  const arrived = yield* Ref.make<ReadonlyArray<Arrived>>([])
  const [secret, another] = [randomBytes(SECRET_BYTES), randomBytes(SECRET_BYTES)]

  const post = Effect.fnUntraced(function* ({ url, headers, body }: Posting) {
    const seconds = (yield* Clock.currentTimeMillis) / 1000
    const fits = (key: Buffer, text: string) => isSigned(key, headers, text, seconds)
    const one: Arrived = {
      id: headers["webhook-id"] ?? "",
      body,
      bytes: new TextEncoder().encode([url, ...Object.entries(headers).flat(), body].join("\n")),
      signed: fits(secret, body) && !fits(another, body) && !fits(secret, `${body} `)
    }
    yield* Ref.update(arrived, (all) => [...all, one])
    const status = yield* Effect.flatten(Ref.get(answer))
    return { status, failure: null, retryAfterSeconds: null }
  })
  return { receiver: Receiver.of({ answer, arrived }), secret: `whsec_${secret.toString("base64")}`, post }
})

/** The notifier that every process has, with the receiver in the place of the network. */
export const wired = ({ receiver, secret, post }: Made) =>
  Layer.merge(
    Layer.succeed(Receiver, receiver),
    HttpNotifier.layer({ environment: { [HttpNotifier.ENVIRONMENT]: secret }, post })
  )

export const layer = Layer.unwrap(Effect.map(make, wired))

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
const isSigned = (key: Buffer, headers: Posting["headers"], body: string, seconds: number): boolean => {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures = "" } = headers
  const due = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64")
  return Math.abs(seconds - Number(time)) < TOLERANCE_SECONDS && signatures.split(" ").includes(`v1,${due}`)
}
