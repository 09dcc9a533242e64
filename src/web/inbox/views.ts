/** Owns the texts that were looked at, as long as they are of use. Each look is recorded by the server. */
import { signal } from "@preact/signals"
import { ask } from "../server/ask.ts"
import type { View } from "./fold.ts"

export type Looked =
  | { readonly type: "looking" }
  /** From when it was shown. */
  | { readonly type: "seen"; readonly view: View; readonly since: number }
  | { readonly type: "refused"; readonly why: unknown }

const views = signal<ReadonlyMap<string, Looked>>(new Map())

export const lookedAt = (run: string): Looked | null => views.value.get(run) ?? null

const put = (run: string, looked: Looked) => (views.value = new Map([...views.value, [run, looked]]))

/** Asks for the texts of what is held; null where they are refused. */
export const look = async (run: string): Promise<View | null> => {
  put(run, { type: "looking" })
  try {
    const view = await ask("steward.view", { places: { turn: run } })
    put(run, { type: "seen", view, since: performance.now() })
    return view
  } catch (why) {
    put(run, { type: "refused", why })
    return null
  }
}

/** Forgets every text but those of these runs. */
export const keepOnly = (runs: ReadonlyArray<string>): void => {
  const rest = [...views.value].filter(([run]) => runs.includes(run))
  if (rest.length < views.value.size) views.value = new Map(rest)
}
