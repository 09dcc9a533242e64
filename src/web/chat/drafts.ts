/**
 * Owns what was written and not sent, by conversation: it outlives a refresh in the tab it was written in, and nothing else keeps
 * it. Sent, it is gone.
 */
import type { Body, Problem } from "../server/contract.ts"

export type TurnBody = Body<"sessions.turn">
export type StartBody = Body<"sessions.start">

/** A file that was sent up, for as long as the server has it. */
export interface Attached {
  readonly name: string
  readonly chars: number
  readonly ref: NonNullable<TurnBody["file_ref"]>
  readonly until: number
}

export interface Draft {
  readonly text: string
  readonly file: Attached | null
  /** Null for what the conversation has. */
  readonly persona: string | null
  readonly audit: boolean | null
  /** Null for what the configuration gives. */
  readonly packs: ReadonlyArray<string> | null
  /** Of a conversation that has not begun. */
  readonly mode: "work" | "steward"
}

/** A request that has not been answered yet, under the key that it is tried with until it is. */
export interface Asking {
  /** Null before the conversation has begun. */
  readonly session: string | null
  readonly start: { readonly key: string; readonly body: StartBody } | null
  readonly key: string
  readonly body: TurnBody
  readonly fileName: string | null
  /** How many turns there were. */
  readonly after: number
  /** Why it has no answer; undefined while it is tried. */
  readonly refused?: { readonly problem: Problem | null; readonly status: number }
}

export const blank: Draft = { text: "", file: null, persona: null, audit: null, packs: null, mode: "work" }

const nameOf = (kind: "draft" | "asking", session: string | null) => `io3.${kind}.${session ?? "new"}`

const get = <A>(name: string): A | null => {
  try {
    const kept = sessionStorage.getItem(name)
    return kept === null ? null : (JSON.parse(kept) as A)
  } catch {
    return null
  }
}

const put = (name: string, value: unknown): void => {
  try {
    if (value === null) sessionStorage.removeItem(name)
    else sessionStorage.setItem(name, JSON.stringify(value))
  } catch {
    // A draft that is larger than what a browser keeps lives as long as its page.
  }
}

export const draftOf = (session: string | null): Draft => ({
  ...blank,
  ...get<Draft>(nameOf("draft", session))
})

const isBlank = ({ text, file, persona, audit, packs, mode }: Draft): boolean =>
  text === "" && !file && persona === null && audit === null && packs === null && mode === "work"

export const keepDraft = (session: string | null, draft: Draft): void =>
  put(nameOf("draft", session), isBlank(draft) ? null : draft)

export const askingOf = (session: string | null): Asking | null => get<Asking>(nameOf("asking", session))

export const keepAsking = (session: string | null, asking: Asking | null): void =>
  put(nameOf("asking", session), asking)
