/** Owns what somebody with the signing key may write of a client's run that is not true. */
import { bare, DIGEST, first, set } from "./changes.ts"
import { each, type Lie, lie } from "./falsehoods.ts"

const whole = "work: a client's run, audited"
const partly = "work: a client's run, some of it left out"
const wishing = "work: a run with wishes"
const seated = "work: a session that remembers"

export const clientLies: ReadonlyArray<Lie> = [
  ...each("context", whole, "ContextAssembled", {
    "clientHistory.messages": 2,
    "clientHistory.dropped": 1
  }),
  ...each("context", partly, "ContextAssembled", { "clientHistory.messages": 3, "clientHistory.dropped": 9 }),
  lie(
    "context",
    whole,
    "ContextAssembled",
    "nothing of it is said",
    bare("ContextAssembled", "clientHistory")
  ),
  lie(
    "context",
    whole,
    "ContextAssembled",
    "it was other words",
    first("RunAccepted", set("client.history.digest", DIGEST))
  ),
  lie(
    "context",
    whole,
    "ContextAssembled",
    "there were more",
    first("RunAccepted", set("client.history.messages", 4))
  ),
  lie(
    "context",
    whole,
    "ContextAssembled",
    "no instructions were given",
    first("RunAccepted", set("client.instructions", null))
  ),
  lie("context", whole, "ContextAssembled", "no client has given any", bare("RunAccepted", "client")),
  lie(
    "context",
    wishing,
    "ContextAssembled",
    "a client has",
    first("ContextAssembled", set("clientHistory", { messages: 0, dropped: 0 }))
  ),
  lie(
    "bounds",
    whole,
    "BoundsCertified",
    "more was wanted",
    first("RunAccepted", set("generation.maxOutputTokens", 8))
  ),
  lie("bounds", whole, "BoundsCertified", "nothing was wanted", bare("RunAccepted", "generation")),
  ...each("transition", whole, "RunAccepted", {
    "generation.maxOutputTokens": 0,
    "generation.temperatureMicros": 2_000_001,
    "generation.topPMicros": 1_000_001,
    "generation.format": "json_object",
    "generation.schema": null
  }),
  ...each("unknown_event", whole, "RunAccepted", {
    "generation.seed": -1,
    "generation.temperatureMicros": 0.5,
    "generation.format": "xml",
    "client.instructions": "words"
  }),
  lie(
    "transition",
    seated,
    "RunAccepted",
    "of a turn",
    first("RunAccepted", set("client", { instructions: null, history: null }))
  )
]
