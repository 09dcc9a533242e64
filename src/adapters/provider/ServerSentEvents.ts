/** Owns how a body becomes server-sent events; it does not know what any of them means. */
import { Effect, Option, Result, Stream } from "effect"
import { ProviderFailure } from "../../ports/Provider.ts"
import { Lines } from "./Lines.ts"

const MAX_EVENT_BYTES = 1024 * 1024

const badResponse = new ProviderFailure({ code: "PROVIDER_BAD_RESPONSE", fallback: null })

/**
 * The data of each event, its lines joined. Names are left out: what an event is stands in its data too. Comments, which
 * keep a connection alive, are passed over, and so is an event that the body ends in. What is no stream of events, no
 * UTF-8 or larger than 1 MiB is `PROVIDER_BAD_RESPONSE`.
 */
export const events = (
  bytes: Stream.Stream<Uint8Array, ProviderFailure>
): Stream.Stream<string, ProviderFailure> =>
  bytes.pipe(
    Stream.mapAccum(
      () => new Lines(MAX_EVENT_BYTES, "kept"),
      (lines, piece) => [lines, lines.push(piece)]
    ),
    Stream.mapAccum(
      () => new Event(),
      (event, line) => [event, event.push(line)]
    ),
    Stream.mapEffect(Effect.fromResult)
  )

type Read = Result.Result<string, ProviderFailure>

/** An event while its lines arrive. */
class Event {
  #data: Array<string> = []
  #length = 0

  push(bytes: Uint8Array): ReadonlyArray<Read> {
    const line = bytes.length > MAX_EVENT_BYTES ? undefined : Option.getOrUndefined(utf8(bytes))
    if (line === undefined) return [Result.fail(badResponse)]
    const text = line.endsWith("\r") ? line.slice(0, -1) : line
    if (text === "") return this.#taken()
    const colon = text.indexOf(":")
    switch (colon === -1 ? text : text.slice(0, colon)) {
      case "data":
        return this.#keep(colon === -1 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1))
      case "":
      case "event":
      case "id":
      case "retry":
        return []
      default:
        return [Result.fail(badResponse)]
    }
  }

  #keep(value: string): ReadonlyArray<Read> {
    this.#data.push(value)
    this.#length += value.length + 1
    return this.#length > MAX_EVENT_BYTES ? [Result.fail(badResponse)] : []
  }

  #taken(): ReadonlyArray<Read> {
    if (this.#data.length === 0) return []
    const data = this.#data.join("\n")
    this.#data = []
    this.#length = 0
    return [Result.succeed(data)]
  }
}

const utf8 = Option.liftThrowable((bytes: Uint8Array) =>
  new TextDecoder("utf-8", { fatal: true }).decode(bytes)
)
