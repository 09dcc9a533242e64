/** Owns whether a run was asked for as one can be, and whether what a client gave is in what was sent. */
import { hold } from "./chain.mjs"
import { asksNobody, mayBeAsked } from "./laws.mjs"

/** A run is a turn, or a step, or neither; one that asks no model has a capability, and nothing that a model would need. */
export const isRequest = (accepted) => {
  const { mode, capability, turn, step, packs, audit, client, generation } = accepted
  if (asksNobody({ accepted }))
    return capability !== undefined && !turn && !step && !packs && !audit && !client && !generation
  // A conversation is a session's, a runbook's or the client's.
  const isOneOfThem = [turn, step, client].filter((one) => one !== undefined).length < 2
  return mayBeAsked(mode) && isOneOfThem && packs?.length !== 0 && (!generation || isGeneration(generation))
}

/** No more is asked for than can be, and a schema goes with its format. */
const isGeneration = ({ maxOutputTokens, temperatureMicros, topPMicros, stop, format, schema }) =>
  maxOutputTokens !== 0 &&
  temperatureMicros <= 2_000_000 &&
  topPMicros <= 1_000_000 &&
  stop.every(({ chars }) => chars > 0) &&
  (schema === null) === (format !== "json_schema")

/** What a client has told it is in it, and each of its messages, or it was left out; what nothing was left out of is what it gave. */
export const checkGiven = (client, segments, kept) => {
  const told = segments.filter(({ name }) => name === "instructions")
  hold(told.length === (client?.instructions ? 1 : 0), "context")
  hold((kept && kept.messages + kept.dropped) === client?.history?.messages, "context")
  const said = segments.find(({ name }) => name === "history")
  if (kept?.dropped === 0) hold(said?.digest === client.history.digest, "context")
}
