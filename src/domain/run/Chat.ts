/** Owns what a list of chat messages asks for: which of them are instructions, what was said before, and what is asked now. */
import { Result } from "effect"
import { Content } from "../Content.ts"
import type { Client } from "./ClientContext.ts"

export interface ChatMessage {
  readonly role: "system" | "developer" | "user" | "assistant"
  readonly content: Content
}

export interface Chat extends Client {
  readonly prompt: Content
}

/** Why a list asks for nothing: `no_question`, no user says anything; `answer_begun`, it ends with something that a model would have to go on with. */
export type NoChat = "no_question" | "answer_begun"

/** The last message is the question. Instructions are joined in their order, wherever they stand; what is blank is none. */
export const chatOf = (messages: ReadonlyArray<ChatMessage>): Result.Result<Chat, NoChat> => {
  const said = messages.flatMap(({ role, content }) =>
    role === "user" || role === "assistant" ? [{ role, content }] : []
  )
  const told = messages.flatMap(({ role, content }) =>
    (role === "system" || role === "developer") && !content.isBlank ? [content] : []
  )
  const last = said.at(-1)
  if (last?.role === "assistant") return Result.fail("answer_begun")
  if (last === undefined || last.content.isBlank) return Result.fail("no_question")
  return Result.succeed({
    instructions:
      told.length === 0
        ? null
        : Content.concat(told.flatMap((text, index) => (index === 0 ? [text] : ["\n\n", text]))),
    history: said.slice(0, -1),
    prompt: last.content
  })
}
