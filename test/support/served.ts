/** Owns the program as a server in a home of its own, with a scripted model behind it, and what is asked of it over HTTP. */
import { Effect, Schema } from "effect"
import { ServingOutput } from "../../src/api/results/SystemResults.ts"
import { Problem } from "../../src/api/Problem.ts"
import { configure, type Home, start, until } from "./io3.ts"
import { type Answers, configuration, scene } from "./model.ts"

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** One event of a stream as it came. */
export interface Event {
  readonly id: string
  readonly event: string
  readonly data: Record<string, unknown>
}

/** What asks a server, and reads what it says. */
export const asking = (url: string) => {
  const ask = (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {}
  ) =>
    Effect.promise(async (signal): Promise<Reply> => {
      const reply = await fetch(url + path, {
        method,
        signal,
        headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
      return { status: reply.status, headers: reply.headers, text: await reply.text() }
    })
  const decoded = <A, I>(
    schema: Schema.Codec<A, I>,
    status: number,
    ...args: Parameters<typeof ask>
  ): Effect.Effect<A> =>
    Effect.map(ask(...args), (reply) => {
      if (reply.status !== status) throw new Error(`${reply.status} in place of ${status}: ${reply.text}`)
      return Schema.decodeUnknownSync(Schema.fromJsonString(schema))(reply.text)
    })
  const refused = (status: number, ...args: Parameters<typeof ask>) => decoded(Problem, status, ...args)
  const all = (path: string, rest: Streaming = {}) => events(url + path, rest)
  /** The same beside the test, once the first event is there. */
  const watch = Effect.fnUntraced(function* (path: string, rest: Streaming = {}) {
    let isThere = false
    const watching = yield* Effect.forkChild(all(path, { ...rest, onEvent: () => (isThere = true) }))
    yield* until(() => isThere)
    return watching
  })
  return { ask, decoded, refused, events: all, watch }
}

interface Streaming {
  readonly method?: string
  readonly body?: unknown
  readonly lastSeen?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether that event is the last that is wanted: then the connection is closed. */
  readonly until?: (event: Event, all: ReadonlyArray<Event>) => boolean
  readonly onEvent?: (event: Event) => unknown
}

const events = (url: string, { method = "GET", body, lastSeen, headers, until, onEvent }: Streaming) =>
  Effect.promise(async (signal): Promise<ReadonlyArray<Event>> => {
    const own = new AbortController()
    signal.addEventListener("abort", () => own.abort())
    const reply = await fetch(url, {
      method,
      signal: own.signal,
      headers: {
        accept: "text/event-stream",
        ...headers,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(lastSeen !== undefined && { "last-event-id": lastSeen })
      },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    if (!reply.body || reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`)
    const all: Array<Event> = []
    let rest = ""
    for await (const piece of reply.body.pipeThrough(new TextDecoderStream())) {
      rest += piece
      const blocks = rest.split("\n\n")
      rest = blocks.pop() ?? ""
      for (const block of blocks) {
        const fields = new Map(
          block.split("\n").map((line) => {
            const at = line.indexOf(": ")
            return [line.slice(0, at), line.slice(at + 2)] as const
          })
        )
        const [id, event, data] = [fields.get("id"), fields.get("event"), fields.get("data")]
        if (id === undefined || event === undefined || data === undefined) continue
        const one = { id, event, data: JSON.parse(data) as Record<string, unknown> }
        all.push(one)
        onEvent?.(one)
        if (until?.(one, all)) {
          own.abort()
          return all
        }
      }
    }
    return all
  })

/** The text that pieces make. */
export const textOf = (all: ReadonlyArray<Event>): string =>
  all.flatMap(({ event, data }) => (event === "turn_delta" ? [String(data["text"])] : [])).join("")

/** A server lives as long as its test does. */
const LIFE_MILLIS = 600_000

/** A program that serves, and ends with its scope. */
export const serving = Effect.fnUntraced(function* (where: Home, ...args: ReadonlyArray<string>) {
  const running = yield* start(where, ["serve", "--port", "0", "-o", "json", ...args], {
    patienceMillis: LIFE_MILLIS
  })
  yield* until(() => running.stdout().endsWith("}\n"))
  const { url } = Schema.decodeUnknownSync(Schema.fromJsonString(ServingOutput))(running.stdout())
  return { ...running, url, ...asking(url) }
})

/** The same with a model of its own. */
export const served = Effect.fnUntraced(function* (answers: Answers, runtime = "") {
  const { where, server } = yield* scene(answers)
  yield* configure(where.userConfig, {
    ...configuration(server),
    ...(runtime !== "" && { "runtime.yaml": runtime })
  })
  return { where, server, ...(yield* serving(where)) }
})
