/** Runs the receiver of the page about webhooks as it stands, and has the program tell it something. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { start as startChild } from "../support/children.ts"
import { AttemptFailure } from "../../src/domain/webhook/Delivery.ts"
import { Payload } from "../../src/domain/webhook/Payload.ts"
import { configure, home, io3, slowly, until } from "../support/io3.ts"
import { variables } from "../support/webhooks.ts"

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "webhooks.md"), "utf8")

/** A port that nobody has at the moment. */
const free = Effect.promise(async () => {
  const server = createServer()
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  await once(server.close(), "close")
  return port
})

describe("docs/webhooks.md", slowly, () => {
  it.live("has a receiver that can be run as it stands", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const port = yield* free
      const file = join(where.folder, "receiver.mjs")
      writeFileSync(file, /```js\n([\s\S]*?)```/u.exec(page)?.[1] ?? "")
      const receiver = yield* startChild("env", [
        `IO3_WEBHOOK_SECRET=${variables.IO3_WEBHOOK_SECRET}`,
        process.execPath,
        file,
        String(port)
      ])
      const isUp = Effect.promise(() =>
        fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" }).then(
          ({ status }) => status,
          () => 0
        )
      )
      assert.strictEqual(yield* Effect.repeat(isUp, { until: (status) => status !== 0 }), 401)
      yield* configure(where.userConfig, {
        "runtime.yaml": `webhook_url: http://127.0.0.1:${port}/io3\nwebhooks: { allow_private: true }\n`
      })
      const begun = yield* io3(where, ["--offline", "session", "start", "-o", "json"])
      const { session_id } = JSON.parse(begun.stdout)
      yield* io3(where, ["session", "close", session_id])
      const { code, stderr } = yield* io3(where, ["webhooks", "deliver"], { environment: variables })
      assert.deepStrictEqual([code, stderr], [0, ""])
      yield* until(() => receiver.lines.length === 1)
      assert.match(receiver.lines[0] ?? "", /^1 \{"event":"SESSION_COMPLETE",/)
      assert.include(receiver.lines[0], session_id)
    })
  )

  it("names every field and every failure", () => {
    const fields = Payload.members.flatMap(({ fields }) => Object.keys(fields))
    for (const name of [...fields, ...AttemptFailure.literals]) assert.include(page, `\`${name}\``)
    for (const { fields } of Payload.members) assert.isTrue(Schema.isSchema(fields.event))
  })
})
