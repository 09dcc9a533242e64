/** Owns the webhook as Standard Webhooks has it: its headers, its signature and its body, sent with `Post`. */
import { Clock, Effect, Layer, Schema } from "effect"
import type { KeyObject } from "node:crypto"
import { Payload } from "../../domain/webhook/Payload.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Notifier, type Readiness } from "../../ports/Notifier.ts"
import type { Environment } from "../config/Environment.ts"
import type { Post } from "./Post.ts"
import { secretsIn, signatureOf } from "./Signature.ts"

/** The variable that has the secret where the configuration names none. */
export const ENVIRONMENT = "IO3_WEBHOOK_SECRET"

const encode = Schema.encodeSync(Schema.fromJsonString(Payload))

export interface Options {
  readonly environment: Environment
  /** Who takes a message where it is to go: HTTP, unless a check has somebody who keeps it. */
  readonly post?: Post
}

export const layer = ({ environment, post }: Options): Layer.Layer<Notifier, never, Configuration> =>
  Layer.effect(
    Notifier,
    Effect.map(Configuration, ({ settings }) => {
      const { env_key_name: name = ENVIRONMENT, allow_private: allowPrivate = false } =
        settings.runtime.webhooks ?? {}
      const text = environment[name] ?? ""
      const keys = text === "" ? null : secretsIn(text)
      return Notifier.of({
        readiness: readinessOf(text, keys),
        variable: name,
        send: ({ url, timeoutSeconds }, { id, event, payload }) =>
          Effect.gen(function* () {
            if (!keys) return yield* Effect.die(new TypeError("nothing is sent that is not signed"))
            const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
            const body = encode(payload)
            // What speaks HTTP is loaded when something is sent.
            const take = post ?? (yield* Effect.promise(() => import("./Post.ts"))).post
            return yield* take({
              url,
              body,
              headers: {
                "content-type": "application/json",
                "user-agent": "io-iii",
                "x-io3-event": event,
                "webhook-id": id,
                "webhook-timestamp": String(seconds),
                "webhook-signature": signatureOf(keys, id, seconds, body)
              },
              timeoutMillis: timeoutSeconds * 1000,
              allowPrivate
            })
          })
      })
    })
  )

const readinessOf = (text: string, keys: ReadonlyArray<KeyObject> | null): Readiness => {
  if (text === "") return "secret_missing"
  return keys ? "ready" : "secret_malformed"
}
