/** Owns the states of the page, and how a real browser gets to each of them on a real server with a scripted model. */
import { Effect, type Scope } from "effect"
import { home } from "./io3.ts"
import { chats } from "./pageChats.ts"
import { inboxes } from "./pageInbox.ts"
import { doors, records, systems } from "./pageRecords.ts"
import { furnished, goes, type Scene, sees } from "./pageScene.ts"
import { serving } from "./served.ts"

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
