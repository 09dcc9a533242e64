/** Owns a conversation of thousands of turns, told to a page in place of the server. */
import type { Page, Route } from "playwright-core"
import type { PastTurn, Transcript } from "../../src/web/chat/conversation.ts"

export const LONG = "01a22767-9efb-7482-bb83-4a0996dfb541"

const turnOf = (index: number): PastTurn => ({
  turn_index: index,
  instead_of: null,
  run_id: `01a22767-9fca-79ae-a9d7-${String(index).padStart(12, "0")}`,
  status: "ok",
  outcome: "released",
  session_mode: "work",
  persona_mode: "executor",
  facts: null,
  latency_ms: 30,
  error_code: null,
  threshold_key: null,
  tokens: 19,
  memory_keys_loaded: 0,
  started_at: 1000 + index,
  ended_at: 1000 + index,
  prompt: `Question ${index}`,
  file: null,
  message: `Answer ${index} has a list:\n\n${"- an item of *it*\n".repeat(1 + (index % 7))}\n\`\`\`ts\nconst a = ${index}\n\`\`\``,
  receipt: null
})

export const tellLong = (count: number) => async (page: Page) => {
  const state = {
    session_id: LONG,
    session_mode: "work",
    status: "active",
    turn_count: count,
    max_turns: count + 50,
    turns_remaining: 50,
    turns_begun: count,
    tokens: 19 * count,
    persona_mode: "executor",
    audit: false,
    thresholds_set: false,
    titled: true,
    erased: false,
    open_turn: null,
    created_at: 1000,
    updated_at: 1000 + count
  } as const
  const history = (route: Route) => {
    const { searchParams } = new URL(route.request().url())
    const before = Number(searchParams.get("before") ?? count)
    const from = Math.max(0, before - Number(searchParams.get("limit") ?? count))
    const turns = Array.from({ length: before - from }, (_, at) => turnOf(from + at))
    const transcript: Transcript = { ...state, title: "A long one", turns, next: null }
    return route.fulfill({ json: transcript })
  }
  await page.route(`**/session/${LONG}/history?**`, history)
  await page.route(`**/session/${LONG}/stream`, (route) =>
    route.fulfill({
      contentType: "text/event-stream",
      body: `id: ${count}.0\nevent: session_state\ndata: ${JSON.stringify(state)}\n\n`
    })
  )
}
