/** Owns the states of the chat. */
import { Effect } from "effect"
import { AUDITED, type Furnished, press, sees, type State } from "./pageScene.ts"
import { ARABIC, CHAIN, FULL, LONG, NAMES, REFUSED } from "./pageTexts.ts"

export const chats = Effect.fnUntraced(function* ({ talk, hold, go }: Furnished) {
  const full = yield* talk(FULL.title, FULL.prompt(1))
  for (const part of [2, 3]) yield* talk("", FULL.prompt(part), {}, full)
  const refused = yield* talk(REFUSED.title, REFUSED.prompt, AUDITED)
  const arabic = yield* talk(ARABIC.title, ARABIC.prompt)
  const names = yield* talk(NAMES.title, NAMES.prompt)
  yield* talk("", NAMES.prompt, { instead_of: 0 }, names)
  const held = yield* hold("An invitation", "Write an invitation to the open day.")
  const chain = yield* talk(CHAIN.title, CHAIN.prompt, AUDITED)
  const states: ReadonlyArray<State> = [
    { name: "chat-empty", reach: (page) => go(page, "chat", "What is it about?") },
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
        await page.locator("dialog[open]").waitFor()
      }
    },
    {
      name: "chat-closing",
      reach: async (page) => {
        await press(page, "Escape")
        await page.getByRole("button", { name: "Close the conversation" }).click()
        await page.locator("dialog[open]").waitFor()
      }
    },
    {
      name: "chat-alternatives",
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
    { name: "chat-arabic", reach: (page) => go(page, `chat/${arabic}`, /لا يُمحى/u) }
  ]
  return { states, chain, held }
})
