/** Owns a server in use with models whose answers are written beforehand, and how a browser gets around on its page. */
import { Effect } from "effect"
import type { Socket } from "node:net"
import type { Page } from "playwright-core"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { InboxOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import type { Visit } from "./browser.ts"
import { inTurn } from "./looking.ts"
import { begins } from "./model.ts"
import { done, piece } from "./ollamaTalk.ts"
import { answerTo, CHAIN, LONG, REFUND, RUNTIME, verdictOn } from "./pageTexts.ts"
import { served } from "./served.ts"
import { chunk, opening } from "./upstream.ts"

export interface State {
  readonly name: string
  /** Goes there, from wherever the state before it has left the browser. */
  readonly reach: (page: Page) => Promise<unknown>
  /** Whether a picture of it is among those of the documentation. */
  readonly isPictured?: boolean
}

/** States of one server, in the order in which they are gone through. */
export interface Scene {
  readonly url: string
  readonly visiting: Visit
  readonly states: ReadonlyArray<State>
}

export const sees = (page: Page, text: string | RegExp) =>
  page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: 20_000 })
export const press = async (page: Page, ...keys: ReadonlyArray<string>) => {
  await inTurn(keys, (key) => page.keyboard.press(key))
}
/** Anew, so that nothing of the state before is there: but what the page keeps. */
export const goes = (url: string) => async (page: Page, hash: string, text: string | RegExp) => {
  await page.goto("about:blank")
  await page.goto(`${url}/#/${hash}`)
  await sees(page, text)
}

/** What is shown with its duration takes some. */
const paceOf = (all: string) => ([CHAIN, REFUND].some(({ prompt }) => all.includes(prompt)) ? 1 : 0)

/** An answer as a model gives it: after a while, in the time that its words take, and with about as many tokens. */
const say = (socket: Socket, all: string, text: string) => {
  const pace = paceOf(all)
  const tokens = (text: string) => Math.ceil(text.length / 4)
  const end = done({ prompt_eval_count: tokens(all), eval_count: tokens(text) })
  const write = (bytes: string | Uint8Array) => !socket.destroyed && socket.write(bytes)
  write(opening())
  setTimeout(() => write(chunk(piece(text.slice(0, 40)))), 120 * pace)
  const rest = Buffer.concat([chunk(piece(text.slice(40))), chunk(end), Buffer.from("0\r\n\r\n")])
  setTimeout(() => write(rest), (120 + text.length / 2) * pace)
}

/** A server with models, whose answers are written beforehand. */
export const furnished = Effect.gen(function* () {
  const scene = yield* served((socket, { model, messages }) => {
    const all = messages.map(({ content }) => content).join("\n")
    const last = messages.at(-1)?.content ?? ""
    if (model !== "judge" && last === LONG.prompt) return void socket.write(begins(...LONG.begun))
    say(socket, all, model === "judge" ? verdictOn(all) : answerTo(last, all))
  }, RUNTIME)
  const start = (title: string, more: object = {}) =>
    Effect.map(
      scene.decoded(SessionOutput, 201, "POST", "/session/start", { title, mode: "work", ...more }),
      ({ session_id }) => session_id
    )
  /** In a session that begins with it, unless it is given one. */
  const talk = Effect.fnUntraced(function* (title: string, prompt: string, how: object = {}, begun?: string) {
    const session = begun ?? (yield* start(title))
    const { status, text } = yield* scene.ask("POST", `/session/${session}/turn`, { prompt, ...how })
    if (status !== 200 && !text.includes("AUDIT_REJECTED")) throw new Error(text)
    return session
  })
  const hold = Effect.fnUntraced(function* (title: string, prompt: string, how: object = {}) {
    const session = yield* start(title, { mode: "steward" })
    const { run_id: run } = yield* scene.decoded(TurnOutput, 202, "POST", `/session/${session}/turn`, {
      prompt,
      ...how
    })
    return { session, run: String(run) }
  })
  /** What a steward does elsewhere. */
  const decide = Effect.fnUntraced(function* (run: string, action: string, reason: string) {
    const { pending } = yield* scene.decoded(InboxOutput, 200, "GET", "/steward/pending")
    const { digest, sequence } = pending.find(({ run_id }) => run_id === run)!
    const { status, text } = yield* scene.ask("POST", `/steward/pending/${run}/decision`, {
      action,
      reason,
      digest,
      sequence
    })
    if (status !== 200) throw new Error(text)
  })
  return { ...scene, talk, hold, decide, go: goes(scene.url) }
})
export type Furnished = Effect.Success<typeof furnished>

export const AUDITED = { audit: true }
