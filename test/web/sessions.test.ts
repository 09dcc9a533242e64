/** Asks for the titles of conversations while others are asked for, refused, or only heard of. */
import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { setTimeout as pause } from "node:timers/promises"

/** It is of the page, which another compiler looks at. */
const LIST = "../../src/web/chat/sessions.ts"
interface List {
  readonly refreshSessions: () => Promise<void>
  readonly learnTitles: (ids: ReadonlyArray<string>) => Promise<void>
  readonly titleOf: (id: string) => string | null
  readonly heardOf: (state: ReturnType<typeof stateOf>) => void
}

const COUNT = 350
const PAGE = 100
const idOf = (at: number) => `01900000-0000-7000-8000-${String(at).padStart(12, "0")}`
const stateOf = (at: number) => ({
  session_id: idOf(at),
  updated_at: COUNT - at,
  session_status: "active"
})

/** A server with so many conversations, each with a title, which refuses titles so many times first. */
const serving = (refusals = 0) => {
  let left = refusals
  return async (input: string): Promise<Response> => {
    await pause(1)
    const url = new URL(input, "http://127.0.0.1")
    const from = Number(url.searchParams.get("cursor") ?? 0)
    const shown = Array.from({ length: Math.min(PAGE, COUNT - from) }, (_, at) => from + at)
    const next = from + PAGE < COUNT ? from + PAGE : null
    if (!url.pathname.endsWith("/titles")) return Response.json({ sessions: shown.map(stateOf), next })
    if (left-- > 0) return new Response("{}", { status: 429 })
    const titles = shown.map((at) => ({ session_id: idOf(at), title: `title ${at}` }))
    return Response.json({ titles, next })
  }
}

describe("titles", () => {
  let list: List
  beforeEach(async () => {
    vi.resetModules()
    vi.stubGlobal("fetch", serving())
    list = (await import(LIST)) as List
  })
  afterEach(() => vi.unstubAllGlobals())

  it("are learnt for what comes while others are asked for, and while the list is", async () => {
    await Promise.all([
      list.refreshSessions(),
      list.learnTitles([idOf(5)]),
      list.learnTitles([idOf(5), idOf(250)])
    ])
    assert.deepStrictEqual([list.titleOf(idOf(5)), list.titleOf(idOf(250))], ["title 5", "title 250"])
  })

  it("are asked for again where they were refused", async () => {
    vi.stubGlobal("fetch", serving(1))
    await list.learnTitles([idOf(5)])
    assert.isNull(list.titleOf(idOf(5)))
    await list.learnTitles([idOf(5)])
    assert.strictEqual(list.titleOf(idOf(5)), "title 5")
  })

  it("are learnt of a conversation that was only heard of", async () => {
    list.heardOf(stateOf(150))
    await list.learnTitles([idOf(150)])
    assert.strictEqual(list.titleOf(idOf(150)), "title 150")
  })
})
