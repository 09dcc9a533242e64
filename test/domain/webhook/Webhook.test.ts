import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { Event } from "../../../src/domain/Event.ts"
import {
  sessionStream,
  runbookStream,
  SessionId,
  RunId,
  runStream,
  Timestamp
} from "../../../src/domain/Ids.ts"
import { WebhookUrl } from "../../../src/domain/config/Address.ts"
import { Payload, payloadOf } from "../../../src/domain/webhook/Payload.ts"
import { endpointsOf, subscriptionsOf, toldOf, WebhookEvent } from "../../../src/domain/webhook/Webhook.ts"

const uuid = "01900000-0000-7000-8000-000000000001"
const streams = [
  sessionStream(SessionId.make(uuid)),
  runbookStream(RunId.make(uuid)),
  runStream(RunId.make(uuid))
]
const at = Timestamp.make(7)
const decode = Schema.decodeUnknownSync(Payload, { onExcessProperty: "error" })

/** Of each kind of event some that could be recorded. */
const sampled = Effect.forEach(Event.members, (member) =>
  Arbitrary.sampleEffect(Arbitrary.schema(member), { count: 12, seed: 1 })
).pipe(Effect.map((all): ReadonlyArray<Event> => all.flat()))

describe("webhooks", () => {
  it.effect("tell of what is told what the record says, and of nothing else", () =>
    Effect.gen(function* () {
      const events = yield* sampled
      const firsts = events.filter(({ _tag }) => _tag === "RunbookStarted" || _tag === "SessionStarted")
      const seen = new Set<string>()
      for (const event of events) {
        for (const first of firsts) {
          for (const stream of streams) {
            const payload = payloadOf({ stream, event, first, at })
            const told = toldOf(event)
            if (payload === null) continue
            assert.deepStrictEqual(decode(payload), payload)
            assert.isTrue(told === null || payload.event === told.toUpperCase())
            assert.strictEqual(payload.timestamp_ms, at)
            if (told) seen.add(event._tag)
          }
        }
      }
      assert.includeMembers(
        [...seen],
        ["SessionClosed", "TurnHeld", "StepHeld", "RunbookCompleted", "RunbookTerminated"]
      )
      assert.isTrue(events.some((event) => toldOf(event) === null))
    })
  )

  it("go to the address of their event, or to the one for those that have none", () => {
    const url = (name: string) => WebhookUrl.make(`https://${name}.example`)
    assert.deepStrictEqual(subscriptionsOf({}), {})
    assert.deepStrictEqual(endpointsOf({}), [])
    assert.deepStrictEqual(subscriptionsOf({ webhooks: { allow_private: true } }), {})
    const both = {
      webhook_url: url("all"),
      webhooks: { session_complete: { url: url("own"), timeout_seconds: 9 } }
    }
    assert.deepStrictEqual(subscriptionsOf(both), {
      session_complete: "session_complete",
      runbook_complete: "webhook_url",
      steward_gate_triggered: "webhook_url"
    })
    assert.deepStrictEqual(endpointsOf(both), [
      { name: "session_complete", url: url("own"), timeoutSeconds: 9 },
      { name: "webhook_url", url: url("all"), timeoutSeconds: 5 }
    ])
    const each = Object.fromEntries(WebhookEvent.literals.map((name) => [name, { url: url("own") }]))
    assert.deepStrictEqual(
      endpointsOf({ webhook_url: url("all"), webhooks: each }).map(({ name }) => name),
      [...WebhookEvent.literals]
    )
  })
})
