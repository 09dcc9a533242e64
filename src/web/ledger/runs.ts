/** Owns the list of runs as far as it was asked for: newest first, page by page, of one state and mode. */
import { signal } from "@preact/signals"
import { ask } from "../server/ask.ts"
import type { Answer } from "../server/contract.ts"
import type { StandingName } from "./Standing.tsx"

export type Summary = Answer<"runs.list">["runs"][number]

export interface Filter {
  readonly standing: StandingName | null
  readonly mode: string | null
}

interface Listed {
  readonly runs: ReadonlyArray<Summary> | null
  readonly next: number | null
  readonly why: unknown
  readonly isAsking: boolean
}

const PAGE = 30

export const filter = signal<Filter>({ standing: null, mode: null })
export const listed = signal<Listed>({ runs: null, next: null, why: null, isAsking: false })

let asking: AbortController | null = null

const load = async (cursor: number | null): Promise<void> => {
  asking?.abort()
  const { signal } = (asking = new AbortController())
  const { standing, mode } = filter.value
  const before = cursor === null ? [] : (listed.value.runs ?? [])
  listed.value = { ...listed.value, why: null, isAsking: true }
  try {
    const query = {
      limit: PAGE,
      ...(cursor !== null && { cursor }),
      ...(standing !== null && { standing }),
      ...(mode !== null && { mode })
    }
    const { runs, next } = await ask("runs.list", { query, signal })
    listed.value = { runs: [...before, ...runs], next, why: null, isAsking: false }
  } catch (why) {
    if (!signal.aborted) listed.value = { ...listed.value, why, isAsking: false }
  }
}

/** Asks for the newest again. */
export const refresh = (): void => void load(null)

/** Asks for those before the last one that is there. */
export const older = (): void => {
  if (listed.value.next !== null) void load(listed.value.next)
}

export const narrow = (change: Partial<Filter>): void => {
  filter.value = { ...filter.value, ...change }
  listed.value = { runs: null, next: null, why: null, isAsking: true }
  refresh()
}
