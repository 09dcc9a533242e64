/** What a turn reads of its session: the newest of it that fits, whole, in the roles it was said in. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { audit, draft, revision, type Sources } from "../../../src/domain/run/Context.ts"
import { type Exchange, historyLimit } from "../../../src/domain/run/Conversation.ts"
import { bytes, chars, type Message, overLimit } from "../../../src/domain/run/Messages.ts"
import { Mode, ProviderName } from "../../../src/domain/Ids.ts"
import { settings } from "../../support/settings.ts"
import { resolve } from "../../../src/domain/run/Route.ts"

const mode = Mode.make("executor")
const route = Result.getOrThrow(
  resolve(settings.routing, mode, {
    providers: { ollama: { enabled: true, cloud: false } },
    supported: new Set([ProviderName.make("ollama")]),
    allowImplicitCloudFallback: false
  })
)
const sources = (prompt: string): Sources => ({
  settings,
  mode,
  route,
  audit: true,
  prompt: Content.of(prompt),
  file: null,
  conversation: null,
  client: null,
  memory: [],
  window: 8192
})

/** A session of so many turns, told apart by their numbers, with words of so many letters. */
const exchangesOf = (
  lengths: ReadonlyArray<readonly [prompt: number, answer: number]>
): ReadonlyArray<Exchange> =>
  lengths.map(([prompt, answer], index) => ({
    prompt: Content.of(`?${index} ${"é".repeat(prompt)}`),
    file: null,
    answer: Content.of(`!${index} ${"ö".repeat(answer)}`)
  }))
const turnOf = (
  exchanges: ReadonlyArray<Exchange>,
  {
    window = 8192,
    answers = exchanges.length,
    runtime = {}
  }: {
    readonly window?: number
    readonly answers?: number
    readonly runtime?: Partial<Sources["settings"]["runtime"]>
  } = {}
) =>
  draft({
    ...sources("now"),
    settings: { ...settings, runtime: { ...settings.runtime, ...runtime } },
    conversation: { exchanges, answers },
    window
  })
const earlier = (messages: ReadonlyArray<Message>) => messages.slice(1, -1)

describe("Context.draft of a turn", () => {
  const lengths = fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 12 })
  const most = fc.integer({ min: 0, max: 600 })

  it("has what was said in the roles it was said in, the oldest first, between instructions and question", () => {
    fc.assert(
      fc.property(lengths, (each) => {
        const exchanges = exchangesOf(each)
        const { messages, history, segments } = turnOf(exchanges)
        assert.deepStrictEqual(
          earlier(messages).map(({ role, content }) => [role, reveal(content)]),
          exchanges.flatMap(({ prompt, answer }) => [
            ["user", reveal(prompt)],
            ["assistant", reveal(answer)]
          ])
        )
        assert.deepStrictEqual(history, { turns: each.length, dropped: 0 })
        assert.strictEqual(segments.filter(({ name }) => name === "history").length, each.length > 0 ? 1 : 0)
        assert.strictEqual(messages.at(-1)?.role, "user")
      })
    )
  })

  it("keeps as many of the newest as fit, each whole, and counts the others", () => {
    fc.assert(
      fc.property(lengths, most, fc.nat(5), (each, limit, unread) => {
        const exchanges = exchangesOf(each)
        const { messages, history } = turnOf(exchanges, {
          answers: each.length + unread,
          runtime: { history_limit_chars: limit }
        })
        const kept = earlier(messages)
        const turns = history?.turns ?? assert.fail("it is a turn")
        assert.strictEqual(kept.length, 2 * turns)
        assert.strictEqual(history?.dropped, each.length + unread - turns)
        const newest = exchanges.slice(exchanges.length - turns)
        assert.deepStrictEqual(
          kept.map(({ content }) => reveal(content)),
          newest.flatMap(({ prompt, answer }) => [reveal(prompt), reveal(answer)])
        )
        assert.isAtMost(chars(kept), limit)
        const next = exchanges.at(-turns - 1)
        if (next) assert.isAbove(chars(kept) + next.prompt.length + next.answer.length, limit)
      }),
      { numRuns: 500 }
    )
  })

  it("leaves room for what is asked now: within the limit of the whole context, where there is one", () => {
    fc.assert(
      fc.property(lengths, most, (each, spare) => {
        const bare = chars(turnOf([]).messages)
        const context_limit_chars = bare + spare
        const { messages } = turnOf(exchangesOf(each), {
          runtime: { context_limit_chars, history_limit_chars: 10_000 }
        })
        assert.isNull(overLimit(messages, context_limit_chars))
      })
    )
  })

  it("leaves room for an answer in the window, however little there is", () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 0, max: 3000 }), (each, more) => {
        const { max_output_tokens } = settings.runtime
        const window = max_output_tokens + more
        const { messages, history } = turnOf(exchangesOf(each), { window })
        if ((history?.turns ?? 0) > 0) assert.isAtMost(bytes(messages), 3 * more)
      })
    )
    assert.deepStrictEqual(turnOf(exchangesOf([[1, 1]]), { window: 1 }).history, { turns: 0, dropped: 1 })
  })

  it("may be half of the context at most where nothing else is said", () => {
    const { runtime } = settings
    const { history_limit_chars: _, ...rest } = runtime
    assert.strictEqual(historyLimit({ ...rest, context_limit_chars: 4001 }), 2000)
    assert.strictEqual(historyLimit({ ...rest, context_limit_chars: 0 }), 16_000)
    assert.strictEqual(historyLimit({ ...rest, history_limit_chars: 7, context_limit_chars: 1 }), 7)
  })

  it("has no history in a run that is no turn", () => {
    assert.isNull(draft(sources("alone")).history)
  })

  it("has a file where it was sent along, cut as it was then", () => {
    const [one] = exchangesOf([[1, 1]])
    const { messages } = turnOf([{ ...(one ?? assert.fail()), file: Content.of("notes of then") }], {
      runtime: { file_content_limit_chars: 5 }
    })
    const [asked] = earlier(messages)
    assert.strictEqual(
      asked && reveal(asked.content),
      "[Attached text]\n---\nnotes\n[Cut: 5 of 13 characters shown]\n---\n\n?0 é"
    )
  })

  it("goes along to the audit, each text enclosed, and to the revision, in its roles", () => {
    const boundary = "=== 8f0c21 ==="
    const context = turnOf(
      exchangesOf([
        [1, 1],
        [2, 2]
      ])
    )
    const history = earlier(context.messages)
    const judged = audit(
      settings,
      boundary,
      { prompt: Content.of("now"), history, instructions: null },
      Content.of("answer")
    )
    assert.deepStrictEqual(
      judged.map(({ role }) => role),
      ["system", "user"]
    )
    const user = judged[1] ? reveal(judged[1].content) : ""
    for (const { role, content } of history) {
      assert.include(
        user,
        `EARLIER, ${role === "user" ? "ASKED" : "ANSWERED"}\n${boundary}\n${reveal(content)}\n${boundary}`
      )
    }
    assert.isBelow(user.indexOf("?0"), user.indexOf("?1"))
    const revised = revision(context, boundary, Content.of("answer"), Content.of("remark"))
    assert.deepStrictEqual(revised.slice(0, -1), context.messages.slice(0, -1))
    assert.strictEqual(revised.length, context.messages.length)
  })
})
