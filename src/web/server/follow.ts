/** Owns streams of events: one that breaks is asked for again, after the last event that was seen, until nobody wants it. */
import { createParser } from "eventsource-parser"
import { answered, Refusal } from "./ask.ts"
import type { StreamEvent } from "./contract.ts"

/** What every event of a stream has. */
interface Numbered {
  readonly id: string
  readonly event: string
}

export interface Follower<Event extends Numbered = StreamEvent> {
  readonly event: (event: Event) => void
  /** It is open; or broken, and will be tried again. */
  readonly connected: (isOpen: boolean) => void
  /** It will not be tried again: what it was asked for is refused, or it has ended in order. */
  readonly over: (why: Refusal | null) => void
}

const FIRST_WAIT = 500
const LONGEST_WAIT = 10_000
/** A server says something at least every 15 seconds; one that is silent for three times that is gone. */
const SILENCE = 45_000

const wait = (millis: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, millis)
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true })
    // A machine that was asleep, or a network that came back, is no reason to wait on.
    globalThis.addEventListener("online", () => (clearTimeout(timer), done()), { once: true, signal })
  })

/** Events that have an id, as they come; ends with the body. */
const read = async <Event extends Numbered>(
  response: Response,
  event: (id: string, event: Event) => void,
  heard: () => void
) => {
  const parser = createParser({
    onEvent: ({ id, event: name, data }) => {
      if (id !== undefined && name !== undefined) {
        event(id, { id, event: name, data: JSON.parse(data) } as unknown as Event)
      }
    }
  })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    heard()
    parser.feed(value)
  }
}

/**
 * Follows what `url` streams, from after `lastId` if there is one. `ends` says with which event a stream has ended in order; one
 * of a session has none. The answer stops it.
 */
export const follow = <Event extends Numbered = StreamEvent>(
  url: string,
  follower: Follower<Event>,
  { lastId = null, ends = () => false }: { lastId?: string | null; ends?: (event: Event) => boolean } = {}
): (() => void) => {
  const stop = new AbortController()
  let seen = lastId
  let isOver = false

  const once = async (): Promise<Refusal | null> => {
    const silent = new AbortController()
    let timer = setTimeout(() => silent.abort(), SILENCE)
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(() => silent.abort(), SILENCE)
    }
    try {
      const response = await answered(url, {
        headers: { accept: "text/event-stream", ...(seen !== null && { "last-event-id": seen }) },
        signal: AbortSignal.any([stop.signal, silent.signal])
      })
      follower.connected(true)
      await read<Event>(
        response,
        (id, event) => {
          seen = id
          if (ends(event)) isOver = true
          follower.event(event)
        },
        heard
      )
      return null
    } catch (why) {
      return why instanceof Refusal && why.status !== 0 ? why : null
    } finally {
      clearTimeout(timer)
    }
  }

  void (async () => {
    let pause = FIRST_WAIT
    while (!stop.signal.aborted) {
      const before = seen
      const why = await once()
      if (stop.signal.aborted) return
      if (isOver) return follower.over(null)
      if (why && !why.retryable && why.status < 500) return follower.over(why)
      follower.connected(false)
      pause = seen === before ? Math.min(pause * 2, LONGEST_WAIT) : FIRST_WAIT
      await wait(pause, stop.signal)
    }
  })()

  return () => stop.abort()
}
