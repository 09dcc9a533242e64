/** Breaks what is told to a receiver outside, one way at a time, and sees the invariant about it fail, and no other. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Outbox } from "../../../src/ports/Outbox.ts"
import { type Broken, failing } from "../../support/brokenSystem.ts"
import { slowly } from "../../support/io3.ts"
import { secret } from "../../support/webhooks.ts"

const outbox = (change: (outbox: Outbox["Service"]) => Partial<Outbox["Service"]>): Broken => ({
  outbox: (honest) => ({ ...honest, ...change(honest) })
})

const broken: ReadonlyArray<readonly [title: string, system: Broken]> = [
  ["a message that is signed with another secret", { telling: (made) => ({ ...made, secret }) }],
  [
    "a message that is changed after it was signed",
    {
      telling: (made) => ({ ...made, post: (posting) => made.post({ ...posting, body: `${posting.body} ` }) })
    }
  ],
  [
    "a word of the prompt in a header",
    {
      telling: (made, { prompt }) => ({
        ...made,
        post: (posting) => made.post({ ...posting, headers: { ...posting.headers, "x-title": btoa(prompt) } })
      })
    }
  ],
  [
    "a word of the answer in the address",
    {
      telling: (made, { answer }) => ({
        ...made,
        post: (posting) => made.post({ ...posting, url: `${posting.url}?title=${answer}` })
      })
    }
  ],
  [
    "an event that is taken for delivered before it was",
    outbox((honest) => ({
      due: (endpoint, limit) =>
        Effect.tap(honest.due(endpoint, limit), (due) =>
          Effect.forEach(due, ({ position, next }) =>
            honest.settle(position, {
              endpoint,
              state: "delivered",
              next,
              status: 200,
              failure: null,
              disables: false
            })
          )
        )
    }))
  ],
  [
    "an event that is given up when it was not taken at once",
    outbox((honest) => ({
      settle: (position, settled) =>
        honest.settle(position, settled.state === "pending" ? { ...settled, state: "failed" } : settled)
    }))
  ],
  [
    "an endpoint that is not tried any more when it took nothing once",
    outbox((honest) => ({
      settle: (position, settled) =>
        honest.settle(position, { ...settled, disables: settled.state === "pending" })
    }))
  ],
  [
    "a session that is told the other way round",
    outbox((honest) => ({
      due: (endpoint, limit) =>
        Effect.gen(function* () {
          if ((yield* honest.due(endpoint, limit)).length === 0) return []
          const all = yield* honest.deliveries(null, 100)
          const waiting = all.filter(({ state, attempts }) => state === "pending" && attempts === 0)
          return waiting.slice(0, 1)
        })
    }))
  ]
]

describe("the invariant about webhooks", slowly, () => {
  for (const [title, system] of broken) {
    it.live(`finds ${title}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* failing(system), ["IO3-016"])
      })
    )
  }
})
