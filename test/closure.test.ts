import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Account } from "../src/domain/run/Account.ts"
import { Erased } from "../src/core/ledger/Erasure.ts"
import { StreamHead } from "../src/domain/ledger/Records.ts"
import { DisclosedMatch } from "../src/core/ledger/Receipts.ts"
import { RunVerification, Verification } from "../src/core/ledger/Verifier.ts"
import { Detail, Page } from "../src/domain/ledger/Records.ts"
import { Forgotten } from "../src/core/memory/Memories.ts"
import { MemoryRecord } from "../src/core/memory/MemoryStream.ts"
import { Rehearsed } from "../src/core/run/Rehearsal.ts"
import { Recovered } from "../src/core/run/Resumption.ts"
import { Planned } from "../src/core/runbook/Plan.ts"
import { CapabilityFacts } from "../src/domain/capability/Capability.ts"
import { Certificate, Reservation } from "../src/domain/run/Bounds.ts"
import { Miscount, Spending } from "../src/domain/run/Budget.ts"
import { Content, ContentFromString } from "../src/domain/Content.ts"
import { Diagnosis } from "../src/domain/integrity/Diagnosis.ts"
import { Falsehood, Finding } from "../src/domain/ledger/Evidence.ts"
import * as Events from "../src/domain/Event.ts"
import { Footer } from "../src/domain/ledger/Export.ts"
import { ConfigPlace } from "../src/domain/config/ConfigPlace.ts"
import { Code, Phase, RuntimeFailure } from "../src/domain/Failure.ts"
import { Checkpoint, Proof } from "../src/domain/ledger/Head.ts"
import { Count, Digest } from "../src/domain/Ids.ts"
import { InvariantResult } from "../src/domain/integrity/Invariant.ts"
import { Fault, Row } from "../src/domain/ledger/Ledger.ts"
import { Portability } from "../src/domain/integrity/Portability.ts"
import { Receipt } from "../src/domain/run/Receipt.ts"
import { Route } from "../src/domain/run/Route.ts"
import { RunState } from "../src/domain/run/Run.ts"
import { Metadata } from "../src/domain/projection/Metadata.ts"
import * as TokenEvents from "../src/domain/access/TokenEvent.ts"
import { TokenFacts } from "../src/domain/access/Token.ts"
import * as MemoryEvents from "../src/domain/memory/MemoryEvent.ts"
import { Recalled } from "../src/domain/memory/Recall.ts"
import { DeclaredStep, RunbookAfter } from "../src/domain/runbook/RunbookEvent.ts"
import * as RunbookEvents from "../src/domain/runbook/RunbookEvent.ts"
import * as SessionEvents from "../src/domain/session/SessionEvent.ts"
import { Pending } from "../src/core/session/Held.ts"
import { ErasedSession } from "../src/core/session/SessionErasure.ts"
import { Imported } from "../src/core/session/Snapshots.ts"
import { Status } from "../src/core/session/Status.ts"
import { Policy, PolicyDigests } from "../src/domain/config/Policy.ts"
import { Projection } from "../src/domain/projection/Projection.ts"
import { Verdict } from "../src/domain/run/Verdict.ts"
import { metrics } from "../src/domain/observability/Metrics.ts"
import { Span } from "../src/domain/observability/Span.ts"
import { TelemetryVariable } from "../src/domain/observability/Variables.ts"
import { Delivery, EndpointState } from "../src/domain/webhook/Delivery.ts"
import { Payload } from "../src/domain/webhook/Payload.ts"
import { Delivered, WebhookPage } from "../src/core/webhook/Webhooks.ts"
import { StreamInfo } from "../src/ports/Journal.ts"
import { End, ProviderFailure } from "../src/ports/Provider.ts"
import { openLeaves } from "./support/closure.ts"

describe("closed records", () => {
  const { payload, ...place } = Row.fields
  const sinks: Readonly<Record<string, Schema.Top>> = {
    Event: Events.Event,
    RuntimeFailure,
    ConfigPlace,
    Diagnosis,
    InvariantResult,
    Portability,
    ProviderFailure,
    // A row's payload is the JSON of an event, written by `Ledger.encode` alone; the event is walked above.
    "Row without payload": Schema.Struct(place),
    Fault,
    Falsehood,
    Finding,
    Receipt,
    Route,
    RunState,
    Detail,
    Page,
    Recovered,
    Rehearsed,
    Certificate,
    Reservation,
    Policy,
    PolicyDigests,
    Spending,
    Miscount,
    Account,
    Erased,
    TokenFacts,
    StreamHead,
    Verification,
    RunVerification,
    DisclosedMatch,
    Checkpoint,
    Proof,
    Footer,
    Verdict,
    StreamInfo,
    End,
    Metadata,
    Projection,
    Status,
    Pending,
    Imported,
    ErasedSession,
    MemoryRecord,
    Forgotten,
    Recalled,
    CapabilityFacts,
    Planned,
    DeclaredStep,
    RunbookAfter,
    TelemetryVariable,
    Payload,
    Delivery,
    EndpointState,
    WebhookPage,
    Delivered
  }
  for (const [name, schema] of Object.entries(sinks)) {
    it(`${name} has no leaf that could hold words`, () => {
      assert.deepStrictEqual(openLeaves(schema), [])
    })
  }

  it("what is traced and counted has no place for words", () => {
    assert.deepStrictEqual(openLeaves(Span), [])
    assert.isAtLeast(Object.keys(Span.fields.attributes.fields).length, 30)
    for (const { name, labels } of Object.values(metrics))
      assert.deepStrictEqual(openLeaves(labels), [], name)
  })

  it("a row's payload is the one string that is not an identifier", () => {
    assert.strictEqual(payload, Row.fields.payload)
    assert.deepStrictEqual(openLeaves(Row), [{ path: ".payload", leaf: "String" }])
  })

  it("every event that is declared belongs to the union that is walked", () => {
    const members = new Set<unknown>(Events.Event.members)
    const declared = Object.entries({
      ...Events,
      ...SessionEvents,
      ...RunbookEvents,
      ...MemoryEvents,
      ...TokenEvents
    }).filter(
      ([, value]) => Schema.isSchema(value) && "fields" in value && "_tag" in (value.fields as object)
    )
    assert.isAtLeast(declared.length, 37)
    for (const [name, schema] of declared) assert.isTrue(members.has(schema), `${name} is not in Event`)
    assert.strictEqual(members.size, declared.length)
  })
})

describe("the walk", () => {
  const planted: ReadonlyArray<readonly [name: string, schema: Schema.Top, leaf: string]> = [
    ["a free string", Schema.String, "String"],
    ["a short string", Schema.String.check(Schema.isMaxLength(8)), "String"],
    ["a brand without a pattern", Schema.String.pipe(Schema.brand("Note")), "String"],
    ["a pattern without ends", Schema.String.check(Schema.isPattern(/[a-z]+/)), "String"],
    ["a pattern with one end", Schema.String.check(Schema.isPattern(/^[a-z]{1,9}/)), "String"],
    ["a pattern for words", Schema.String.check(Schema.isPattern(/^[a-z ]{1,64}$/)), "String"],
    ["a pattern for lines", Schema.String.check(Schema.isPattern(/^[a-z]{1,64}$/m)), "String"],
    ["a pattern without length", Schema.String.check(Schema.isPattern(/^[a-z]+$/)), "String"],
    ["unknown", Schema.Unknown, "Unknown"],
    ["any", Schema.Any, "Any"],
    ["an object of any kind", Schema.ObjectKeyword, "ObjectKeyword"],
    ["a template", Schema.TemplateLiteral(["run/", Schema.String]), "TemplateLiteral"],
    ["a symbol", Schema.Symbol, "Symbol"],
    ["JSON", Schema.Json, "Declaration"],
    ["bytes", Schema.Uint8Array, "Declaration"],
    ["a URL", Schema.URL, "Declaration"],
    ["a date", Schema.Date, "Declaration"],
    ["content", Schema.declare((input): input is Content => input instanceof Content), "Declaration"],
    ["configuration text", ContentFromString, "Declaration"],
    ["a redacted string", Schema.Redacted(Schema.String), "Declaration"],
    ["an option of a string", Schema.Option(Schema.String), "Declaration"],
    ["a key of any kind", Schema.Record(Schema.String, Count), "String"],
    ["a value of any kind", Schema.Record(Digest, Schema.String), "String"],
    ["a string in a list", Schema.Array(Schema.NullOr(Schema.String)), "String"],
    ["a string in a tuple", Schema.Tuple([Code, Schema.String]), "String"],
    ["a string behind a number", Schema.NumberFromString, "String"],
    [
      "an error with a message",
      class extends Schema.TaggedError<Error>()("E", { message: Schema.String }) {},
      "String"
    ]
  ]
  for (const [name, schema, leaf] of planted) {
    it(`finds ${name}`, () => {
      assert.include(
        openLeaves(schema).map((found) => found.leaf),
        leaf
      )
    })
    it(`finds ${name} deep in an event`, () => {
      const event = Schema.TaggedStruct("Planted", { list: Schema.Array(Schema.Struct({ deep: schema })) })
      const found = openLeaves(Schema.Union([...Events.Event.members, event]))
      assert.isNotEmpty(found)
      for (const { path } of found) assert.match(path, /^Planted\.list\[\]\.deep/)
    })
  }

  it("follows a Schema into itself", () => {
    interface Node {
      readonly word: string
      readonly next: Node | null
    }
    const Node: Schema.Codec<Node> = Schema.Struct({
      word: Schema.String,
      next: Schema.NullOr(Schema.suspend((): Schema.Codec<Node> => Node))
    })
    assert.deepStrictEqual(openLeaves(Node), [{ path: ".word", leaf: "String" }])
  })

  it("lets identifiers, labels and numbers through", () => {
    const closed = Schema.Struct({
      code: Code,
      phase: Phase,
      digest: Digest,
      count: Count,
      ok: Schema.Boolean
    })
    assert.deepStrictEqual(openLeaves(closed), [])
  })
})
