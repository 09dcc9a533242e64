/**
 * Owns how events go to a reader: numbered, and with a sign of life where nothing happens. What happens is told by whoever hands
 * them in; a reader that takes nothing is cut off by what listens.
 */
import { Effect, Queue, Schema, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { Caller } from "../api/Access.ts"
import { StreamEvent } from "../api/Streams.ts"
import { sample } from "../domain/observability/Metrics.ts"
import { Meter } from "../ports/Meter.ts"
import type { Hear } from "./Pulse.ts"
import { Room, type StreamPlace } from "./Room.ts"

/** How long a browser waits before it asks again. */
const RETRY_MILLIS = 2000

/** An event as it is written down. */
interface Written {
  readonly id: string
  readonly event: string
  readonly data: string
}

const written =
  <A>(schema: Schema.Codec<A, Written>) =>
  (event: A): Effect.Effect<string> =>
    Effect.map(
      Effect.orDie(Schema.encodeEffect(schema)(event)),
      ({ id, event: name, data }) => `id: ${id}\nevent: ${name}\ndata: ${data}\n\n`
    )

/** A place for the events of whoever asks, taken before anything is begun for them. `STREAMS_EXHAUSTED`. */
export const places = Effect.map(Room, (room) => Effect.flatMap(Caller, room.stream))

/**
 * The events as a response that goes on until they end. A browser is told when to come again; who is none has asked a client
 * that may take the same line for the end.
 */
export const respond = (place: StreamPlace, events: Stream.Stream<StreamEvent>) =>
  respondAs(place, StreamEvent, events)

/** The same of other events. */
export const respondAs = Effect.fnUntraced(function* <A>(
  place: StreamPlace,
  schema: Schema.Codec<A, Written>,
  events: Stream.Stream<A>
) {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const isBrowser = headers["sec-fetch-site"] !== undefined
  const lines = Stream.mapEffect(events, written(schema))
  return yield* respondLines(
    place,
    isBrowser ? Stream.concat(Stream.make(`retry: ${RETRY_MILLIS}\n\n`), lines) : lines
  )
})

/** The same of events that are written already. */
export const respondLines = (
  { hear }: StreamPlace,
  lines: Stream.Stream<string>,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(Meter, (meter) =>
    HttpServerResponse.stream(Stream.encodeText(counted(meter, alive(hear, lines))), {
      contentType: "text/event-stream; charset=utf-8",
      headers: { ...headers, "cache-control": "no-cache", "x-accel-buffering": "no" }
    })
  )

/** Among the streams that are open, as long as it is read. */
const counted = <A, E>(meter: Meter | null, stream: Stream.Stream<A, E>): Stream.Stream<A, E> =>
  meter === null
    ? stream
    : Stream.suspend(() => {
        meter.add(sample("streams", {}))
        return Stream.ensuring(
          stream,
          Effect.sync(() => meter.add(sample("streams", {}, -1)))
        )
      })

/** The lines, and among them signs of life, for a reader that takes its time. */
const alive = (hear: Hear, lines: Stream.Stream<string>): Stream.Stream<string> =>
  Stream.callback<string>(
    Effect.fnUntraced(function* (queue) {
      yield* hear(() => Queue.offerUnsafe(queue, ": \n\n"))
      yield* Stream.runForEach(lines, (line) => Queue.offer(queue, line))
      yield* Queue.end(queue)
    }),
    { bufferSize: 16 }
  )
