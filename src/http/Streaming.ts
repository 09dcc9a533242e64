/**
 * Owns how what goes on for a while goes to its reader: events numbered, and with a sign of life where nothing happens. What happens
 * is told by whoever hands it in; a reader that takes nothing is cut off by what listens.
 */
import { Effect, Queue, Schema, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { Caller } from "../api/Access.ts"
import { StreamEvent } from "../api/Streams.ts"
import { sample } from "../domain/observability/Metrics.ts"
import { Meter } from "../ports/Meter.ts"
import { Room, type StreamPlace } from "./Room.ts"
import { untilOver } from "./UntilOver.ts"

/** How long a browser waits before it asks again. */
const RETRY_MILLIS = 2000
const ALIVE = ": \n\n"
/** Of what was said and not taken yet. */
const MOST_PIECES = 16

/** An event as it is written down. */
interface Written {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** What a reader gets, and how. */
interface Told<A> {
  readonly all: Stream.Stream<A>
  readonly write: (one: A) => Effect.Effect<string>
  /** What is said before anything else. */
  readonly first?: string
  /** What is said last to whoever may hear no more. */
  readonly last?: string
  /** What is said where nothing happens; absent where that would be taken for a part of it. */
  readonly alive?: string
  /** Whether nothing is lost by its end: it ends when the server begins to. */
  readonly watches?: boolean
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
}

const EVENTS = {
  alive: ALIVE,
  contentType: "text/event-stream; charset=utf-8",
  headers: { "cache-control": "no-cache", "x-accel-buffering": "no" }
}

/** A place for a stream of whoever asks, taken before anything is begun for them. `STREAMS_EXHAUSTED`. */
export const places = Effect.map(Room, (room) => Effect.flatMap(Caller, room.stream))

/** The events of what somebody has asked for, until they end. */
export const respond = (place: StreamPlace, events: Stream.Stream<StreamEvent>) =>
  respondAs(place, StreamEvent, events, false)

/** The events of something that goes on without whoever looks at it. */
export const watching = (place: StreamPlace, events: Stream.Stream<StreamEvent>) =>
  watchingAs(place, StreamEvent, events)

/** The same of other events. */
export const watchingAs = <A>(
  place: StreamPlace,
  schema: Schema.Codec<A, Written>,
  events: Stream.Stream<A>
) => respondAs(place, schema, events, true)

/**
 * A browser is told when to come again; who is none has asked with a client that may take the same line for the end.
 */
const respondAs = Effect.fnUntraced(function* <A>(
  place: StreamPlace,
  schema: Schema.Codec<A, Written>,
  all: Stream.Stream<A>,
  watches: boolean
) {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const isBrowser = headers["sec-fetch-site"] !== undefined
  const encode = Schema.encodeEffect(schema)
  return yield* told(place, {
    ...EVENTS,
    all,
    watches,
    write: (event) =>
      Effect.map(
        Effect.orDie(encode(event)),
        ({ id, event: name, data }) => `id: ${id}\nevent: ${name}\ndata: ${data}\n\n`
      ),
    ...(isBrowser && { first: `retry: ${RETRY_MILLIS}\n\n` })
  })
})

/** Events that are written already. */
export const respondLines = (
  place: StreamPlace,
  all: Stream.Stream<string>,
  { last, headers }: { readonly last: string; readonly headers: Readonly<Record<string, string>> }
) => told(place, { ...EVENTS, all, write: Effect.succeed, last, headers: { ...EVENTS.headers, ...headers } })

/** A file that is made as it is read. */
export const respondFile = (place: StreamPlace, all: Stream.Stream<string>, contentType: string) =>
  told(place, { all, write: Effect.succeed, contentType })

/**
 * One fiber goes through what there is, however little of it comes; everything else that a reader hears, or that is the end of
 * it, is told to its queue.
 */
const told = <A>({ join }: StreamPlace, { contentType, headers = {}, ...what }: Told<A>) =>
  Effect.map(Meter, (meter) => {
    const { all, write, first, last, alive, watches = false } = what
    let isCut = false
    const bytes = Stream.callback<Uint8Array>(
      (queue) => {
        const joined = Effect.sync(() => {
          meter?.add(sample("streams", {}))
          return join({
            beat: () => void (alive !== undefined && Queue.offerUnsafe(queue, encode(alive))),
            end: () => void Queue.endUnsafe(queue),
            cut: () => {
              // Whoever has taken all of it was not cut off.
              isCut = queue.state._tag !== "Done"
              Queue.endUnsafe(queue)
              Queue.shutdownUnsafe(queue)
            },
            watches
          })
        })
        const left = (leave: () => void) =>
          Effect.sync(() => {
            leave()
            meter?.add(sample("streams", {}, -1))
          })
        const say = (one: A) => Effect.flatMap(write(one), (written) => Queue.offer(queue, encode(written)))
        // All may have been said long before it is taken: until then it can be cut off.
        return untilOver(joined, left).pipe(
          Effect.andThen(
            Effect.sync(() => void (first !== undefined && Queue.offerUnsafe(queue, encode(first))))
          ),
          Effect.andThen(Stream.runForEach(all, say)),
          Effect.andThen(Queue.end(queue))
        )
      },
      { bufferSize: MOST_PIECES }
    )
    const lastWords = () => (isCut && last !== undefined ? Stream.make(encode(last)) : Stream.empty)
    const response = HttpServerResponse.stream(
      last === undefined ? bytes : Stream.concat(bytes, Stream.suspend(lastWords)),
      { contentType, headers }
    )
    bodies.add(response.body)
    return response
  })

/** Whether a response ends when its reader may hear no more. */
export const isTold = ({ body }: HttpServerResponse.HttpServerResponse): boolean =>
  body._tag !== "Stream" || bodies.has(body)

const bodies = new WeakSet<HttpServerResponse.HttpServerResponse["body"]>()

const encoder = new TextEncoder()
const encode = (text: string): Uint8Array => encoder.encode(text)
