/** `io3 webhooks` as it is typed: what it says, in which form, and how it ends. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  DeliveredOutput,
  EnabledOutput,
  ReplayedOutput,
  WebhooksOutput
} from "../../src/api/results/WebhookResults.ts"
import { configure, type Home, home, io3, parse, slowly } from "../support/io3.ts"
import { receiving, says, secret, variables } from "../support/webhooks.ts"

const settingsFor = (url: string) => ({
  "runtime.yaml": `webhook_url: ${url}?token=canary\nwebhooks: { allow_private: true }\n`
})
const withSecret = { environment: variables }

/** A session that is begun and closed. */
const closing = Effect.fnUntraced(function* (where: Home) {
  const begun = yield* io3(where, ["--offline", "session", "start", "-o", "json"])
  assert.strictEqual(begun.code, 0, begun.stderr)
  assert.strictEqual((yield* io3(where, ["session", "close", JSON.parse(begun.stdout).session_id])).code, 0)
})

const list = (where: Home) =>
  Effect.map(io3(where, ["webhooks", "list", "-o", "json"]), ({ stdout }) => parse(WebhooksOutput, stdout))

/** What the doctor finds about webhooks. */
const found = (where: Home, environment = {}) =>
  Effect.map(io3(where, ["doctor", "-o", "json"], { environment }), ({ stdout }) =>
    JSON.parse(stdout)
      .findings.filter(({ check }: { check: string }) => check === "webhooks")
      .map(({ fault, name }: { fault: string; name: string | null }) => [fault, name])
  )

describe("io3 webhooks", slowly, () => {
  it.live("says what is owed and what became of it, delivers, and puts into the queue again", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const nobody = yield* io3(where, ["webhooks", "list"])
      assert.deepStrictEqual([nobody.code, nobody.stderr], [0, ""])
      assert.include(nobody.stdout, "No endpoint is configured")
      const none = yield* io3(where, ["webhooks", "deliver"])
      assert.strictEqual(none.code, 2)
      assert.include(none.stderr, "WEBHOOK_UNCONFIGURED")

      const receiver = yield* receiving((reply, n, arrived) => says(n === 0 ? 500 : 200)(reply, n, arrived))
      yield* configure(where.userConfig, settingsFor(receiver.url))
      yield* closing(where)
      assert.deepStrictEqual(yield* found(where), [
        ["WEBHOOK_SECRET_MISSING", "IO3_WEBHOOK_SECRET"],
        ["WEBHOOKS_PENDING", null]
      ])
      const unsigned = yield* io3(where, ["webhooks", "deliver"])
      assert.strictEqual(unsigned.code, 2)
      assert.include(unsigned.stderr, "WEBHOOK_SECRET_INVALID")
      const refused = yield* io3(where, ["webhooks", "deliver", "-o", "json"], withSecret)
      assert.strictEqual(refused.code, 1)
      assert.deepStrictEqual(parse(DeliveredOutput, refused.stdout), {
        delivered: 0,
        to_be_retried: 1,
        failed: 0
      })
      const { deliveries } = yield* list(where)
      const [waiting] = deliveries
      assert.deepInclude(waiting as object, { state: "pending", attempts: 1, http_status: 500 })
      const text = yield* io3(where, ["webhooks", "list"])
      assert.match(text.stdout, /^webhook_url +enabled {2}1 pending {2}0 failed {2}nothing delivered yet$/m)
      assert.match(text.stdout, /^msg_[0-9a-f]{32} {2}pending .* 1 attempt {2}HTTP 500 {2}next /m)

      const id = waiting?.delivery_id ?? ""
      const again = yield* io3(where, ["webhooks", "replay", id.slice(0, 12), "-o", "json"])
      assert.deepInclude(parse(ReplayedOutput, again.stdout).delivery as object, {
        delivery_id: id,
        state: "pending",
        attempts: 0
      })
      const done = yield* io3(where, ["webhooks", "deliver"], withSecret)
      assert.deepStrictEqual([done.code, done.stdout], [0, "1 delivered, 0 to be tried again, 0 failed\n"])
      const idle = yield* io3(where, ["webhooks", "deliver"], withSecret)
      assert.deepStrictEqual([idle.code, idle.stdout], [0, "Nothing is due.\n"])
      assert.deepStrictEqual(
        receiver.arrived().map((one) => one.id),
        [id, id]
      )
      const unknown = yield* io3(where, ["webhooks", "replay", "canary"])
      assert.strictEqual(unknown.code, 1)
      assert.include(unknown.stderr, "WEBHOOK_NOT_FOUND")
      assert.notInclude(unknown.stderr, "canary")
      assert.notInclude(JSON.stringify([nobody, none, unsigned, refused, text, again, done]), "canary")
      assert.notInclude(JSON.stringify([unsigned, refused, text, again, done]), secret)
    })
  )

  it.live("says what is disabled and how to try it again, and the doctor does", () =>
    Effect.gen(function* () {
      const where = yield* home()
      let status = 410
      const receiver = yield* receiving((reply, n, arrived) => says(status)(reply, n, arrived))
      yield* configure(where.userConfig, settingsFor(receiver.url))
      yield* closing(where)
      assert.strictEqual((yield* io3(where, ["webhooks", "deliver"], withSecret)).code, 1)
      yield* closing(where)
      assert.strictEqual((yield* io3(where, ["webhooks", "deliver"], withSecret)).stdout, "Nothing is due.\n")
      assert.deepStrictEqual(
        (yield* list(where)).deliveries.map(({ state, http_status }) => [state, http_status]),
        [
          ["disabled", null],
          ["failed", 410]
        ]
      )
      assert.deepStrictEqual(yield* found(where, variables), [
        ["WEBHOOK_DISABLED", "webhook_url"],
        ["WEBHOOKS_FAILED", null],
        ["WEBHOOKS_PENDING", null]
      ])
      const doctor = yield* io3(where, ["doctor"], withSecret)
      assert.include(doctor.stdout, "io3 webhooks enable webhook_url")
      assert.include((yield* io3(where, ["webhooks", "list"])).stdout, "io3 webhooks enable webhook_url")
      status = 204
      const enabled = yield* io3(where, ["webhooks", "enable", "webhook_url", "-o", "json"])
      assert.deepStrictEqual(parse(EnabledOutput, enabled.stdout), {
        endpoint: "webhook_url",
        was_disabled: true
      })
      const twice = yield* io3(where, ["webhooks", "enable", "webhook_url"])
      assert.deepStrictEqual([twice.code, twice.stdout], [0, "webhook_url was not disabled.\n"])
      assert.strictEqual((yield* io3(where, ["webhooks", "deliver"], withSecret)).code, 0)
      assert.strictEqual((yield* list(where)).deliveries[0]?.state, "delivered")
      assert.deepStrictEqual(yield* found(where, { IO3_WEBHOOK_SECRET: "canary" }), [
        ["WEBHOOK_SECRET_MALFORMED", "IO3_WEBHOOK_SECRET"],
        ["WEBHOOKS_FAILED", null]
      ])
    })
  )

  it.live("of a folder from elsewhere are nobody's affair until it is trusted", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const receiver = yield* receiving()
      yield* configure(where.projectConfig, settingsFor(receiver.url))
      yield* closing(where)
      const before = yield* io3(where, ["webhooks", "list"], withSecret)
      assert.include(before.stderr, "io3 trust")
      assert.include(before.stdout, "No endpoint is configured")
      assert.strictEqual((yield* io3(where, ["webhooks", "deliver"], withSecret)).code, 2)
      assert.strictEqual((yield* io3(where, ["trust"])).code, 0)
      // What happened before is owed to nobody.
      assert.deepStrictEqual((yield* list(where)).deliveries, [])
      yield* closing(where)
      assert.strictEqual((yield* io3(where, ["webhooks", "deliver"], withSecret)).code, 0)
      assert.strictEqual(receiver.arrived().length, 1)
    })
  )
})
