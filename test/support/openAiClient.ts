/** Owns OpenAI's own client as tests use it: against a server of theirs, and how it fails. */
import { Effect } from "effect"
import OpenAI, { APIError } from "openai"
import type { Governance } from "../../src/api/OpenAi.ts"

export type Body = OpenAI.ChatCompletionCreateParamsNonStreaming
export const model = "io3/executor"
export const asks = (content: string): Body => ({ model, messages: [{ role: "user", content }] })

export const clientOf = (url: string, apiKey = "none") => new OpenAI({ baseURL: `${url}/v1`, apiKey })
export const promised = <A>(ask: () => PromiseLike<A>) => Effect.promise(async () => await ask())
/** How it fails; that it does not is a defect. */
export const failing = (ask: () => PromiseLike<unknown>) =>
  Effect.promise(async () => {
    try {
      await ask()
    } catch (error) {
      if (error instanceof APIError) return error
      throw error
    }
    throw new Error("it was answered")
  })
export const io3Of = (answer: object): Governance => (answer as unknown as { readonly io3: Governance }).io3
