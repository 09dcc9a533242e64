/** Owns the states of the page, and how a real browser gets to each of them on a real server with a scripted model. */
import { Effect, type Scope } from "effect"
import type { Socket } from "node:net"
import type { Page } from "playwright-core"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { InboxOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import type { Visit } from "./browser.ts"
import { home } from "./io3.ts"
import { begins } from "./model.ts"
import { done, piece } from "./ollamaTalk.ts"
import {
  ARABIC,
  answerTo,
  CHAIN,
  FULL,
  HIDDEN,
  LONG,
  NAMES,
  REFUND,
  REFUSED,
  RUNTIME,
  verdictOn
} from "./pageTexts.ts"
import { served, serving } from "./served.ts"
import { tokensIn } from "./tokens.ts"
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
const press = async (page: Page, ...keys: ReadonlyArray<string>) => {
  for (const key of keys) await page.keyboard.press(key)
}
/** Anew, so that nothing of the state before is there: but what the page keeps. */
const goes = (url: string) => async (page: Page, hash: string, text: string | RegExp) => {
  await page.goto("about:blank")
  await page.goto(`${url}/#/${hash}`)
  await sees(page, text)
}

/** Nobody has set anything up. */
export const standIn: Effect.Effect<Scene, never, Scope.Scope> = Effect.gen(function* () {
  const { url } = yield* serving(yield* home())
  const go = goes(url)
  return {
    url,
    visiting: {},
    states: [
      {
        name: "chat-first-run",
        isPictured: true,
        reach: (page) => go(page, "chat", "No model answers yet.")
      },
      { name: "inbox-empty", isPictured: true, reach: (page) => go(page, "inbox", "Nothing waits") },
      { name: "ledger-empty", reach: (page) => go(page, "ledger", "No runs yet") },
      {
        name: "system-first-run",
        isPictured: true,
        reach: async (page) => {
          await go(page, "system", "PROVIDER_NONE")
          await page.getByRole("button", { name: "Try again" }).click()
          await sees(page, "Still no model")
        }
      }
    ]
  }
})

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
const furnished = Effect.gen(function* () {
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
type Furnished = Effect.Success<typeof furnished>

const AUDITED = { audit: true }

const chats = Effect.fnUntraced(function* ({ talk, hold, go }: Furnished) {
  const full = yield* talk(FULL.title, FULL.prompt(1))
  for (const part of [2, 3]) yield* talk("", FULL.prompt(part), {}, full)
  const refused = yield* talk(REFUSED.title, REFUSED.prompt, AUDITED)
  const arabic = yield* talk(ARABIC.title, ARABIC.prompt)
  const names = yield* talk(NAMES.title, NAMES.prompt)
  yield* talk("", NAMES.prompt, { instead_of: 0 }, names)
  const held = yield* hold("An invitation", "Write an invitation to the open day.")
  const chain = yield* talk(CHAIN.title, CHAIN.prompt, AUDITED)
  const states: ReadonlyArray<State> = [
    { name: "chat-empty", isPictured: true, reach: (page) => go(page, "chat", "What is it about?") },
    {
      name: "chat-options",
      reach: async (page) => {
        await page.getByLabel("Message", { exact: true }).fill("Two lines,\nnot sent yet")
        await page.locator("input[type=file]").setInputFiles({
          name: "minutes-of-the-board.txt",
          mimeType: "text/plain",
          buffer: Buffer.from("The board met.")
        })
        await page.getByText("14 characters").waitFor()
      }
    },
    {
      name: "chat-streaming",
      isPictured: true,
      reach: async (page) => {
        await page.evaluate(() => sessionStorage.clear())
        await go(page, "chat", "What is it about?")
        await page.getByLabel("Message", { exact: true }).fill(LONG.prompt)
        await press(page, "Enter")
        await sees(page, /within which bounds/u)
      }
    },
    {
      name: "chat-stopped",
      reach: async (page) => {
        await press(page, "Escape")
        await sees(page, "Stopped.")
      }
    },
    {
      name: "chat-answer",
      isPictured: true,
      reach: async (page) => {
        await go(page, `chat/${chain}`, /signature over the root/u)
        await page.locator(".hl-keyword").first().waitFor()
      }
    },
    {
      name: "chat-rewrite",
      reach: async (page) => {
        await page.getByLabel("Message", { exact: true }).focus()
        await press(page, "ArrowUp")
        await page.getByLabel("Ask this instead").waitFor()
      }
    },
    {
      name: "chat-search-none",
      reach: async (page) => {
        await press(page, "Escape", "Control+k")
        await page.keyboard.type("bicycle")
        await sees(page, "No title has these words")
      }
    },
    {
      name: "chat-keys",
      reach: async (page) => {
        await page.getByLabel("Search titles").fill("")
        await page.getByRole("button", { name: "Keys" }).click()
      }
    },
    {
      name: "chat-closing",
      reach: async (page) => {
        await press(page, "Escape")
        await page.getByRole("button", { name: "Close the conversation" }).click()
      }
    },
    {
      name: "chat-alternatives",
      isPictured: true,
      reach: async (page) => {
        await go(page, `chat/${names}`, "2 / 2")
        await page.getByLabel("The alternative before").click()
        await sees(page, "An earlier alternative is shown.")
      }
    },
    {
      name: "chat-held",
      isPictured: true,
      reach: (page) => go(page, `chat/${held.session}`, "Waits for a steward")
    },
    {
      name: "chat-refused",
      isPictured: true,
      reach: (page) => go(page, `chat/${refused}`, "The audit did not pass the answer.")
    },
    { name: "chat-dropped", reach: (page) => go(page, `chat/${full}`, /left out: /) },
    { name: "chat-arabic", isPictured: true, reach: (page) => go(page, `chat/${arabic}`, /لا يُمحى/u) }
  ]
  return { states, chain, held }
})

const inboxes = Effect.fnUntraced(function* ({ hold, decide, go }: Furnished) {
  const hidden = yield* hold(HIDDEN.title, HIDDEN.prompt)
  const names = yield* hold(NAMES.title, NAMES.prompt)
  const refund = yield* hold(REFUND.title, REFUND.prompt, AUDITED)
  const open = (page: Page) => go(page, `inbox/${refund.run}`, "From draft to revision")
  const states: ReadonlyArray<State> = [
    {
      name: "inbox-list",
      isPictured: true,
      reach: async (page) => {
        await go(page, "inbox", "needs work")
        await press(page, "j")
      }
    },
    { name: "inbox-held", isPictured: true, reach: open },
    {
      name: "inbox-edit",
      isPictured: true,
      reach: async (page) => {
        await press(page, "e", "Control+End")
        await page.keyboard.type(" of the shop")
        await page.locator(".written-edition ins").first().waitFor()
        await press(page, "Control+Enter")
        await sees(page, /Choose a reason/u)
      }
    },
    {
      name: "inbox-reject",
      reach: async (page) => {
        await press(page, "Escape", "x")
        await page.getByRole("form", { name: "Reject" }).waitFor()
      }
    },
    {
      name: "inbox-redirect",
      reach: async (page) => {
        await press(page, "Escape", "r")
        await page.getByRole("form", { name: "Redirect" }).waitFor()
      }
    },
    {
      name: "inbox-keys",
      reach: async (page) => {
        await press(page, "Escape", "?")
        await sees(page, "Keys of the inbox")
      }
    },
    {
      name: "inbox-undo",
      isPictured: true,
      reach: async (page) => {
        await press(page, "Escape", "a")
        await sees(page, /can be taken back/u)
      }
    },
    {
      name: "inbox-stale",
      reach: async (page) => {
        await press(page, "u")
        await page.evaluate(() => localStorage.setItem("io3.inbox.undo", "5"))
        await page.route("**/decision", async (route) => {
          const body = { ...route.request().postDataJSON(), digest: "0".repeat(64) }
          await route.continue({ postData: JSON.stringify(body) })
        })
        await open(page)
        await press(page, "a")
        await sees(page, /Look again, then decide/u)
        await page.unroute("**/decision")
        await page.evaluate(() => localStorage.setItem("io3.inbox.undo", "60"))
      }
    },
    {
      name: "inbox-hidden",
      isPictured: true,
      reach: (page) => go(page, `inbox/${hidden.run}`, /nobody would see/u)
    },
    {
      name: "inbox-decided",
      isPictured: true,
      reach: async (page) => {
        await go(page, `inbox/${names.run}`, /Would be released/u)
        await Effect.runPromise(decide(names.run, "reject", "off_task"))
        await sees(page, /rejected it/u)
      }
    },
    {
      name: "inbox-unknown",
      reach: (page) => go(page, "inbox/00000000-0000-7000-8000-000000000000", "Nothing waits under this name")
    },
    {
      name: "inbox-decision-lost",
      reach: async (page) => {
        await page.evaluate(() => localStorage.setItem("io3.inbox.undo", "5"))
        await page.route("**/decision", (route) => route.abort())
        await open(page)
        await press(page, "a")
        await sees(page, "Your decision may not have arrived.")
        await page.getByRole("button", { name: "Discard it" }).click()
        await page.unroute("**/decision")
      }
    }
  ]
  return { states, decided: names.run, waiting: refund.run }
})

/** `decided` is a run that a steward has decided about by then. */
const records = ({ go, ask }: Furnished, decided: string): ReadonlyArray<State> => {
  const runOf = (standing: string) =>
    Effect.runPromise(
      Effect.map(ask("GET", "/run?standing=" + standing), ({ text }) => {
        const { runs } = JSON.parse(text) as {
          runs: ReadonlyArray<{ run: string; usage: { calls: number } }>
        }
        return runs.toSorted((one, other) => other.usage.calls - one.usage.calls)[0]!.run
      })
    )
  const verify = (page: Page) => page.locator(".verify .main").click()
  return [
    {
      name: "ledger-list",
      isPictured: true,
      reach: async (page) => {
        await go(page, "ledger", "released")
      }
    },
    {
      name: "ledger-verifying",
      reach: async (page) => {
        await page.route("**/ledger/export", () => {})
        await verify(page)
        await page.locator(".working").waitFor()
      }
    },
    {
      name: "ledger-verified",
      isPictured: true,
      reach: async (page) => {
        await page.locator(".working button").click()
        await page.unroute("**/ledger/export")
        await verify(page)
        await sees(page, /Everything holds/u)
      }
    },
    {
      name: "ledger-broken",
      isPictured: true,
      reach: async (page) => {
        await page.route("**/ledger/export", async (route) => {
          const response = await route.fetch()
          const body = (await response.text()).replace(/"latencyMillis":\d/u, '"latencyMillis":7')
          await route.fulfill({
            response,
            body: body.replace(/"latencyMillis":7(\d*)/u, '"latencyMillis":8$1')
          })
        })
        await verify(page)
        await sees(page, /It does not hold/u)
        await page.unroute("**/ledger/export")
      }
    },
    {
      name: "ledger-run",
      isPictured: true,
      reach: async (page) => go(page, `ledger/${await runOf("released")}`, "Receipt")
    },
    { name: "ledger-decided", reach: (page) => go(page, `ledger/${decided}`, "Nothing left this run.") },
    {
      name: "ledger-held",
      reach: async (page) => go(page, `ledger/${await runOf("held")}`, "Nothing left this run.")
    },
    {
      name: "ledger-refused",
      isPictured: true,
      reach: async (page) => go(page, `ledger/${await runOf("refused")}`, "Nothing left this run.")
    },
    { name: "ledger-stream", reach: (page) => go(page, "ledger/config", "Configuration in force") },
    {
      name: "ledger-missing",
      reach: (page) => go(page, "ledger/00000000-0000-7000-8000-000000000000", /record/u)
    }
  ]
}

const systems = ({ go }: Furnished): ReadonlyArray<State> => [
  { name: "system", isPictured: true, reach: (page) => go(page, "system", /Nothing is wrong|wrong/u) },
  {
    name: "system-configuration",
    reach: async (page) => {
      await page.getByLabel("Search keys and values").fill("budgets")
      await sees(page, "budgets.tokens")
    }
  }
]

/** From the moment on in which the server knows people by their tokens. */
const doors = ({ go, where, process }: Furnished, chain: string, waiting: string): ReadonlyArray<State> => {
  const as = (page: Page, name: string, role: "operator" | "steward" | "viewer") =>
    Effect.runPromise(tokensIn(where).issue(name, role)).then(({ headers }) =>
      page.context().setExtraHTTPHeaders(headers)
    )
  return [
    {
      name: "door",
      isPictured: true,
      reach: async (page) => {
        await Effect.runPromise(tokensIn(where).issue("olga", "operator"))
        await go(page, "chat", "This server wants to know who you are")
      }
    },
    {
      name: "door-used",
      reach: async (page) => {
        await page.getByLabel("Or paste the link here").fill(`http://elsewhere/#/login/${"x".repeat(43)}`)
        await press(page, "Enter")
        await page.getByRole("alert").filter({ hasText: /./u }).first().waitFor()
      }
    },
    {
      name: "chat-viewer",
      reach: async (page) => {
        await as(page, "vera", "viewer")
        await go(page, `chat/${chain}`, /your role is viewer/u)
      }
    },
    { name: "inbox-viewer", reach: (page) => go(page, `inbox/${waiting}`, /Only a steward sees/u) },
    {
      name: "chat-away",
      isPictured: true,
      reach: async (page) => {
        await as(page, "olga", "operator")
        await go(page, `chat/${chain}`, /signature over the root/u)
        process.kill("SIGKILL")
        await sees(page, "The server does not answer.")
      }
    }
  ]
}

/** A server that is in use: its conversations, its inbox, its ledger, and its doors. */
export const inUse: Effect.Effect<Scene, never, Scope.Scope> = Effect.gen(function* () {
  const server = yield* furnished
  const chat = yield* chats(server)
  const inbox = yield* inboxes(server)
  return {
    url: server.url,
    visiting: {
      expected: /Failed to load resource|ERR_/u,
      prepare: async (page) => {
        page.on("dialog", (dialog) => void dialog.accept())
        // A decision is not sent while somebody looks at what can be taken back.
        await page.addInitScript({
          content: 'if (origin !== "null") localStorage["io3.inbox.undo"] ??= "60"'
        })
      }
    },
    states: [
      ...chat.states,
      ...inbox.states,
      ...records(server, inbox.decided),
      ...systems(server),
      ...doors(server, chat.chain, inbox.waiting)
    ]
  }
})
