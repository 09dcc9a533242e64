import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { type ContentId, Count, Digest, Mode, ProviderName } from "../../../src/domain/Ids.ts"
import { worstCase } from "../../../src/domain/run/Bounds.ts"
import { chatOf } from "../../../src/domain/run/Chat.ts"
import { clientFrom, recordClient, textsOfClient } from "../../../src/domain/run/ClientContext.ts"
import { draft, type Sources } from "../../../src/domain/run/Context.ts"
import {
  type Generation,
  generationFrom,
  isGeneration,
  micros,
  recordGeneration,
  samplingOf,
  textsOfGeneration
} from "../../../src/domain/run/Generation.ts"
import * as Governance from "../../../src/domain/run/Governance.ts"
import { canonicalMessages, type Message, messagesIn } from "../../../src/domain/run/Messages.ts"
import { initial, type RunState } from "../../../src/domain/run/Run.ts"
import { missingOf } from "../../../src/domain/replay/Missing.ts"
import { resolve } from "../../../src/domain/run/Route.ts"
import { policy } from "../../../src/domain/config/Policy.ts"
import { settings } from "../../support/settings.ts"

const text = fc
  .oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "\n", "user 1\n", "\ufeffx", "é€😀"))
  .map((of) => Content.of(of))
const message = fc.record({ role: fc.constantFrom("user", "assistant"), content: text })
const messages = fc.array(message, { maxLength: 8 })
const plain = (all: ReadonlyArray<{ readonly role: string; readonly content: Content }>) =>
  all.map(({ role, content }) => [role, reveal(content)])

/** Keeps texts as a vault would. */
const keeping = () => {
  const kept = new Map<ContentId, Content>()
  return {
    kept,
    keep: (id: ContentId, content: Content) => {
      kept.set(id, content)
      return { digest: Digest.make(String(kept.size).padStart(64, "0")), chars: Count.make(content.length) }
    }
  }
}

describe("what is recorded of a client", () => {
  it("its messages are read back from the one text they are kept as, and from no other", () => {
    fc.assert(
      fc.property(messages, fc.nat(), (all, at) => {
        const packed = canonicalMessages(all)
        assert.deepStrictEqual(plain(messagesIn(packed) ?? assert.fail("none")), plain(all))
        const cut = messagesIn(packed.slice(0, packed.length - 1 - (at % Math.max(1, packed.length))))
        assert.isTrue(cut === null || cut.length < all.length || all.length === 0)
      })
    )
  })

  it("is what it gave, whole or not at all", () => {
    fc.assert(
      fc.property(fc.option(text), messages, (instructions, history) => {
        const { kept, keep } = keeping()
        const record = recordClient({ instructions, history }, keep)
        assert.sameMembers(
          textsOfClient(record).map(({ id }) => id),
          [...kept.keys()]
        )
        const again = clientFrom(record, (id) => kept.get(id))
        assert.strictEqual(
          again?.instructions ? reveal(again.instructions) : null,
          instructions && reveal(instructions)
        )
        assert.deepStrictEqual(plain(again?.history ?? []), plain(history))
        for (const lost of kept.keys())
          assert.isNull(clientFrom(record, (id) => (id === lost ? undefined : kept.get(id))))
      })
    )
  })

  const some = text.filter(({ length }) => length > 0)
  const generation: fc.Arbitrary<Generation> = fc.record({
    maxOutputTokens: fc.option(fc.integer({ min: 1 })),
    temperatureMicros: fc.option(fc.double({ min: 0, max: 2, noNaN: true }).map(micros)),
    topPMicros: fc.option(fc.double({ min: 0, max: 1, noNaN: true }).map(micros)),
    seed: fc.option(fc.maxSafeNat()),
    stop: fc.array(some, { maxLength: 4 }),
    format: fc.option(
      fc.oneof(
        fc.constant({ _tag: "JsonObject" as const }),
        fc.record({ _tag: fc.constant("JsonSchema" as const), schema: some })
      )
    )
  })

  it("and of what it wants, so that the same can be asked again; what is sent is what is recorded", () => {
    fc.assert(
      fc.property(generation, fc.double({ min: 0, max: 2, noNaN: true }), (wanted, configured) => {
        const { kept, keep } = keeping()
        const record = recordGeneration(wanted, keep)
        assert.isTrue(isGeneration(record))
        assert.sameMembers(
          textsOfGeneration(record).map(({ id }) => id),
          [...kept.keys()]
        )
        const again = generationFrom(record, (id) => kept.get(id)) ?? assert.fail("none")
        const sent = samplingOf(again, configured)
        assert.deepStrictEqual(
          plain(sent.stop.map((content) => ({ role: "", content }))),
          plain(wanted.stop.map((content) => ({ role: "", content })))
        )
        assert.strictEqual(again.format?._tag, wanted.format?._tag)
        assert.strictEqual(
          sent.temperature,
          wanted.temperatureMicros === null ? configured : wanted.temperatureMicros / 1e6
        )
        if (record.temperatureMicros !== null)
          assert.strictEqual(micros(sent.temperature), record.temperatureMicros)
        assert.strictEqual(sent.topP === null ? null : micros(sent.topP), record.topPMicros)
        for (const lost of kept.keys())
          assert.isNull(generationFrom(record, (id) => (id === lost ? undefined : kept.get(id))))
      })
    )
    assert.strictEqual(samplingOf(null, 0.2).temperature, 0.2)
    assert.strictEqual(micros(0.7) / 1e6, 0.7)
  })
})

describe("a client's run on another machine", () => {
  it("needs each of its texts, which nobody can give, and no number", () => {
    const { keep } = keeping()
    const history = [{ role: "user" as const, content: Content.of("Before?") }]
    const plainly: Generation = {
      maxOutputTokens: 5,
      temperatureMicros: 1,
      topPMicros: null,
      seed: 3,
      stop: [],
      format: { _tag: "JsonObject" }
    }
    const format = { _tag: "JsonSchema", schema: Content.of("{}") } as const
    const needs = (client: ReturnType<typeof recordClient> | null, wanted: Generation) => {
      const accepted = {
        mode,
        promptChars: 3,
        generation: recordGeneration(wanted, keep),
        ...(client && { client })
      } as unknown as NonNullable<RunState["accepted"]>
      return missingOf(
        { ...initial, accepted },
        { prompt: Content.of("now"), file: null, payload: null }
      ).map(({ part, count }) => [part, count])
    }
    assert.deepStrictEqual(needs(null, plainly), [])
    assert.deepStrictEqual(
      needs(recordClient({ instructions: Content.of("In short."), history }, keep), {
        ...plainly,
        stop: [Content.of("a"), Content.of("b")],
        format
      }),
      [
        ["instructions", 9],
        ["client_messages", 1],
        ["stop", 2],
        ["schema", 2]
      ]
    )
    const record = recordGeneration(plainly, keep)
    assert.deepStrictEqual(
      generationFrom(record, () => undefined),
      plainly
    )
  })
})

describe("a list of chat messages", () => {
  const role = fc.constantFrom("system", "developer", "user", "assistant")
  const list = fc.array(fc.record({ role, content: text }), { maxLength: 8 })

  it("asks what its last user says, after what was said, under all that it is told: no word is lost or changes its place", () => {
    fc.assert(
      fc.property(list, (all) => {
        const said = all.filter((one) => one.role === "user" || one.role === "assistant")
        const told = all.filter(
          (one) => one.role !== "user" && one.role !== "assistant" && !one.content.isBlank
        )
        const last = said.at(-1)
        const chat = chatOf(all)
        if (last?.role === "assistant") return assert.deepStrictEqual(chat, Result.fail("answer_begun"))
        if (!last || last.content.isBlank) return assert.deepStrictEqual(chat, Result.fail("no_question"))
        const { prompt, history, instructions } = Result.getOrThrow(chat)
        assert.deepStrictEqual(plain([...history, { role: "user", content: prompt }]), plain(said))
        assert.strictEqual(
          instructions === null ? "" : reveal(instructions),
          told.map(({ content }) => reveal(content)).join("\n\n")
        )
        assert.strictEqual(instructions === null, told.length === 0)
      })
    )
  })
})

const mode = Mode.make("executor")
const route = Result.getOrThrow(
  resolve(settings.routing, mode, {
    providers: { ollama: { enabled: true, cloud: false } },
    supported: new Set([ProviderName.make("ollama")]),
    allowImplicitCloudFallback: false
  })
)
const contextOf = (history: ReadonlyArray<Message>, limit: number, instructions: Content | null = null) => {
  const sources: Sources = {
    settings: { ...settings, runtime: { ...settings.runtime, history_limit_chars: Count.make(limit) } },
    mode,
    route,
    audit: false,
    prompt: Content.of("now"),
    file: null,
    conversation: null,
    client: { instructions, history },
    memory: [],
    window: 8192
  }
  return draft(sources)
}

describe("Context.draft for a client", () => {
  it("has as many of its newest messages as fit, each whole and as it was, and counts the others", () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 0, max: 40 }), (history, limit) => {
        const context = contextOf(history, limit)
        const kept = context.messages.slice(1, -1)
        assert.deepStrictEqual(plain(kept), plain(history.slice(history.length - kept.length)))
        const chars = kept.reduce((sum, { content }) => sum + content.length, 0)
        assert.isAtMost(chars, limit)
        const next = history.at(-1 - kept.length)
        assert.isTrue(next === undefined || chars + next.content.length > limit)
        assert.deepStrictEqual(
          context.clientHistory,
          history.length === 0 ? null : { messages: kept.length, dropped: history.length - kept.length }
        )
        assert.isNull(context.history)
        assert.strictEqual(context.messages.at(-1)?.role, "user")
      })
    )
  })

  it("has its instructions as a section of their own, right after the persona contract", () => {
    const { segments, messages } = contextOf([], 100, Content.of("In short."))
    const names = segments.map(({ name }) => name)
    assert.strictEqual(names.indexOf("instructions"), names.indexOf("persona") + 1)
    assert.include(
      reveal(messages[0]?.content ?? Content.empty),
      "\n\n=== Client Instructions ===\nIn short.\n\n"
    )
    assert.notInclude(
      contextOf([], 100).segments.map(({ name }) => name),
      "instructions"
    )
  })
})

describe("the worst case of an answer whose length is wanted", () => {
  const facts = {
    name: ProviderName.make("ollama"),
    enabled: true,
    supported: true,
    cloud: false,
    canAudit: true,
    window: Count.make(8192)
  }
  const under = policy(settings, [facts], [])
  const certified = (maxOutputTokens: number | null) =>
    Result.getOrThrow(
      worstCase(
        Governance.wishOf(
          under,
          route,
          Governance.auditorOf(under),
          { bytes: Count.make(100), messages: Count.make(2) },
          {
            mode,
            gates: 0,
            capability: null,
            maxOutputTokens
          }
        )
      )
    )

  it("is never above what is configured, and says nothing of a verdict", () => {
    const most = certified(null)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (wanted) => {
        const { calls, certificate } = certified(wanted)
        for (const [at, { purpose, reservation }] of calls.entries()) {
          const allowed = most.calls[at]?.reservation ?? assert.fail("a call more")
          assert.deepStrictEqual(reservation, {
            ...allowed,
            outputTokens: purpose === "audit" ? allowed.outputTokens : Math.min(wanted, allowed.outputTokens)
          })
        }
        assert.isAtMost(certificate.outputTokens, most.certificate.outputTokens)
      })
    )
    assert.includeMembers(
      most.calls.map(({ purpose }) => purpose),
      ["draft", "audit", "revision"]
    )
  })
})
