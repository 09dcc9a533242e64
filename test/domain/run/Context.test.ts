import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { audit, draft, revision, type Sources } from "../../../src/domain/run/Context.ts"
import {
  bytes,
  canonicalMessages,
  chars,
  type Message,
  overLimit,
  wasTruncated
} from "../../../src/domain/run/Messages.ts"
import { attach } from "../../../src/domain/run/Attachment.ts"
import { Mode, ProviderName } from "../../../src/domain/Ids.ts"
import { SegmentName } from "../../../src/domain/Event.ts"
import { settings } from "../../support/settings.ts"
import { resolve } from "../../../src/domain/run/Route.ts"

const text = fc.string({ unit: "binary" }).map((raw) => Content.of(raw))
const message = fc.record({ role: fc.constantFrom("system", "user"), content: text })
const say = (raw: string): ReadonlyArray<Message> => [{ role: "user", content: Content.of(raw) }]

const mode = Mode.make("executor")
const route = Result.getOrThrow(
  resolve(settings.routing, mode, {
    providers: { ollama: { enabled: true, cloud: false } },
    supported: new Set([ProviderName.make("ollama")]),
    allowImplicitCloudFallback: false
  })
)
const sources = (prompt: string, file: string | null = null): Sources => ({
  settings,
  mode,
  route,
  audit: true,
  prompt: Content.of(prompt),
  file: file === null ? null : Content.of(file),
  conversation: null,
  client: null,
  memory: [],
  window: 8192
})

describe("Context.draft", () => {
  it("has one system and one user message, and its sections in one order", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), (prompt, file) => {
        const context = draft(sources(prompt, file))
        assert.deepStrictEqual(
          context.messages.map(({ role }) => role),
          ["system", "user"]
        )
        const places = context.segments.map(({ name }) => SegmentName.literals.indexOf(name))
        assert.deepStrictEqual(
          places,
          places.toSorted((a, b) => a - b)
        )
        assert.strictEqual(new Set(places).size, places.length)
        assert.strictEqual(context.segments.at(-1)?.name, "prompt")
        assert.strictEqual(
          context.segments.some(({ name }) => name === "file"),
          file !== null
        )
      })
    )
  })

  it("keeps what a person wrote out of the system message", () => {
    const { messages, segments } = draft(sources("canary-prompt", "canary-file"))
    const [system, user] = messages.map(({ content }) => reveal(content))
    assert.notInclude(system, "canary")
    assert.include(user, "canary-prompt")
    assert.include(user, "canary-file")
    for (const segment of segments) assert.include(`${system}\n${user}`, reveal(segment.content))
  })

  it("says the same for the same sources", () => {
    fc.assert(
      fc.property(fc.string(), (prompt) => {
        const [a, b] = [draft(sources(prompt)), draft(sources(prompt))]
        assert.isTrue(canonicalMessages(a.messages).equals(canonicalMessages(b.messages)))
      })
    )
  })
})

describe("Context.attach", () => {
  const limit = fc.integer({ min: 1, max: 40 })
  const file = fc.oneof(
    text,
    fc.stringMatching(/^[a-c.!?\n ]{0,80}$/).map((raw) => Content.of(raw))
  )

  it("keeps what fits, whole", () => {
    fc.assert(
      fc.property(file, (content) => {
        const whole = attach(content, Math.max(1, content.length))
        assert.strictEqual(whole.dropped, 0)
        assert.strictEqual(reveal(whole.content), `[Attached text]\n---\n${reveal(content)}\n---`)
      })
    )
  })

  it("cuts at what is allowed, whatever the text says there, and says how much", () => {
    fc.assert(
      fc.property(file, limit, (content, most) => {
        fc.pre(content.length > most)
        const { content: framed, dropped } = attach(content, most)
        const shown = content.length - dropped
        assert.strictEqual(shown, most)
        const kept = reveal(content.slice(0, shown))
        assert.strictEqual(
          reveal(framed),
          `[Attached text]\n---\n${kept}\n[Cut: ${shown} of ${content.length} characters shown]\n---`
        )
      })
    )
  })
})

describe("Context.canonicalMessages", () => {
  const list = (messages: ReadonlyArray<Message>) =>
    messages.map(({ role, content }) => [role, reveal(content)])

  it("no two lists of messages have one text", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 3 }), fc.array(message, { maxLength: 3 }), (a, b) => {
        const same = JSON.stringify(list(a)) === JSON.stringify(list(b))
        assert.strictEqual(canonicalMessages(a).equals(canonicalMessages(b)), same)
      })
    )
  })

  it("not even when one message spells the other's frame", () => {
    fc.assert(
      fc.property(message, message, (a, b) => {
        const forged: Message = {
          role: a.role,
          content: Content.concat([a.content, "\n", canonicalMessages([b])])
        }
        assert.isFalse(canonicalMessages([forged]).equals(canonicalMessages([a, b])))
        assert.isFalse(
          canonicalMessages([{ ...a, role: a.role === "user" ? "system" : "user" }]).equals(
            canonicalMessages([a])
          )
        )
      })
    )
  })

  it("lengths are those of the parts", () => {
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const whole = Content.concat(messages.map(({ content }) => content))
        assert.strictEqual(chars(messages), whole.length)
        assert.strictEqual(bytes(messages), whole.bytes)
      })
    )
  })
})

describe("Context.overLimit", () => {
  it("counts every code point of every message, and 0 allows any number", () => {
    fc.assert(
      fc.property(fc.array(message), fc.nat(200), (messages, allowed) => {
        const actual = chars(messages)
        const over = allowed > 0 && actual > allowed
        assert.deepStrictEqual(
          overLimit(messages, allowed),
          over ? { actual, allowed, unit: "characters" } : null
        )
      })
    )
  })
})

describe("Context.audit and revision", () => {
  const boundary = "=== 8f0c21 ==="

  it("nothing that is judged stands in the system message, and each text is enclosed", () => {
    const messages = audit(
      settings,
      boundary,
      { prompt: Content.of("canary-question"), history: [], instructions: null },
      Content.of("canary-answer")
    )
    const [system, user] = messages.map(({ content }) => reveal(content))
    assert.deepStrictEqual(
      messages.map(({ role }) => role),
      ["system", "user"]
    )
    assert.notInclude(system, "canary")
    assert.deepStrictEqual(user?.split(`\n${boundary}`).length, 5)
    assert.include(user, `${boundary}\ncanary-question\n${boundary}`)
    assert.include(user, `${boundary}\ncanary-answer\n${boundary}`)
  })

  it("a revision keeps the system message and puts draft and remarks beside the question", () => {
    const context = draft(sources("canary-question"))
    const messages = revision(context, boundary, Content.of("canary-draft"), Content.of("canary-remark"))
    assert.deepStrictEqual(
      messages.map(({ role }) => role),
      ["system", "user"]
    )
    assert.strictEqual(messages[0], context.messages[0])
    const user = messages[1] && reveal(messages[1].content)
    for (const part of [
      "canary-question",
      `${boundary}\ncanary-draft\n${boundary}`,
      `${boundary}\ncanary-remark\n${boundary}`
    ]) {
      assert.include(user, part)
    }
  })
})

describe("Context.wasTruncated", () => {
  const varied = (length: number) => Array.from({ length }, (_, index) => "abcdefghij"[index % 10]).join("")

  it("short text is never judged", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), fc.nat(), (raw, tokens) => {
        assert.isFalse(wasTruncated(say(raw), tokens))
      })
    )
    assert.isFalse(wasTruncated(say(varied(2047)), 0))
    assert.isTrue(wasTruncated(say(varied(2048)), 0))
  })

  it("twelve bytes to a token is the most that is believed", () => {
    assert.isFalse(wasTruncated(say(varied(2400)), 200))
    assert.isTrue(wasTruncated(say(varied(2400)), 199))
  })

  it("more tokens never make it look more truncated", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6000 }), fc.nat(1000), fc.nat(1000), (length, tokens, more) => {
        const messages = say(varied(length))
        assert.isTrue(wasTruncated(messages, tokens) || !wasTruncated(messages, tokens + more))
      })
    )
  })

  it("a repeated character counts once", () => {
    assert.isFalse(wasTruncated(say("a".repeat(1_000_000)), 1))
    assert.isFalse(wasTruncated(say("\n".repeat(50_000)), 1))
  })
})
