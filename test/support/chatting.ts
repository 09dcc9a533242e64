/** Owns a model that tests of the chat let speak: at once, or word by word when a test says so; and a server that comes back. */
import { Context, Effect, Layer, Schema } from "effect"
import type { Socket } from "node:net"
import type { Browser, Page } from "playwright-core"
import { ServingOutput } from "../../src/api/results/SystemResults.ts"
import { browser } from "./browser.ts"
import { configure, type Home, start, until } from "./io3.ts"
import { begins, configuration, scene, says, verdict } from "./model.ts"
import { done, piece } from "./ollamaTalk.ts"
import { asking } from "./served.ts"
import { chunk } from "./upstream.ts"

/** One browser for all tests of a file: each visits it with nothing of the others. */
export class Chromium extends Context.Service<Chromium, Browser>()("io-iii/test/support/chatting/Chromium") {
  static readonly layer = Layer.effect(Chromium, browser)
}

/** Whoever asks for something `slowly` waits for the test. */
export interface Speaker {
  readonly say: (words: string) => void
  readonly end: () => void
}

const speaker = (socket: Socket): Speaker => ({
  say: (words) => void socket.write(chunk(piece(words))),
  end: () => void socket.write(Buffer.concat([chunk(done()), Buffer.from("0\r\n\r\n")]))
})

/** As a provider sends a long text. */
const piecesOf = (text: string): ReadonlyArray<string> => text.match(/[^]{1,4000}/gu) ?? []

const LIFE_MILLIS = 300_000

const serve = Effect.fnUntraced(function* (where: Home, port: string) {
  const running = yield* start(where, ["serve", "--port", port, "-o", "json"], {
    patienceMillis: LIFE_MILLIS
  })
  yield* until(() => running.stdout().endsWith("}\n"))
  const { url } = Schema.decodeUnknownSync(Schema.fromJsonString(ServingOutput))(running.stdout())
  return { url, kill: () => void running.process.kill("SIGKILL"), ended: running.ended }
})

/** A server with its page, and the model behind it. Its answers are numbered. */
export const chatting = Effect.fnUntraced(function* (
  runtime = "",
  answerOf = (count: number) => `Answer ${count}.`
) {
  const speakers: Array<Speaker> = []
  let count = 0
  const { where, server } = yield* scene((socket, { model, messages }) => {
    if (model === "judge") return void socket.write(verdict("pass"))
    count++
    if (!messages.at(-1)!.content.includes("slowly"))
      return void socket.write(says(...piecesOf(answerOf(count))))
    socket.write(begins("Word by word"))
    speakers.push(speaker(socket))
  })
  yield* configure(where.userConfig, {
    ...configuration(server),
    ...(runtime !== "" && { "runtime.yaml": runtime })
  })
  const first = yield* serve(where, "0")
  const { port } = new URL(first.url)
  /** The one that speaks now. */
  const speaking = Effect.gen(function* () {
    yield* until(() => speakers.length > 0)
    return speakers.pop()!
  })
  return {
    ...first,
    ...asking(first.url),
    server,
    speaking,
    where,
    /** The same server again, at the same address. */
    back: serve(where, port)
  }
})

/** What a person does in the chat. */
export const hands = (page: Page) => {
  const turns = page.locator(".turn")
  return {
    page,
    turns,
    message: page.getByLabel("Message", { exact: true }),
    ask: (text: string) =>
      Effect.promise(async () => {
        await page.getByLabel("Message", { exact: true }).fill(text)
        await page.keyboard.press("Enter")
      }),
    sees: (text: string | RegExp) =>
      Effect.promise(() => page.getByText(text).first().waitFor({ timeout: 20_000 })),
    /** Waits until the last turn may be answered again: it is over then. */
    over: Effect.promise(() =>
      turns.last().getByLabel("Answer again").and(page.locator(":enabled")).waitFor({ timeout: 20_000 })
    ),
    press: (name: string | RegExp) =>
      Effect.promise(() => page.getByRole("button", { name, exact: true }).last().click()),
    does: <A>(what: (page: Page) => Promise<A>) => Effect.promise(() => what(page))
  }
}
