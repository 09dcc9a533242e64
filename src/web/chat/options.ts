/** Owns what can be chosen for a turn: the modes that answer, and the memory packs. */
import { computed, signal } from "@preact/signals"
import { ask } from "../server/ask.ts"
import type { Answer } from "../server/contract.ts"

export type Route = Answer<"system.routes"> extends ReadonlyArray<infer One> ? One : never
export type Pack = Answer<"system.packs">["packs"][number]

export const routes = signal<ReadonlyArray<Route> | null>(null)
export const packs = signal<ReadonlyArray<Pack>>([])

/** The mode that audits answers nobody. */
const AUDITOR = "challenger"

export const answering = computed(() => (routes.value ?? []).filter(({ mode }) => mode !== AUDITOR))

/** Whether no mode has a model. */
export const isStandIn = computed(
  () => routes.value !== null && answering.value.every(({ route }) => route.provider === "null")
)

/** Whether an audit would find nobody to make it. */
export const isUnaudited = computed(
  () => routes.value?.some(({ mode, route }) => mode === AUDITOR && route.provider === "null") ?? false
)

export const loadOptions = async (): Promise<void> => {
  const [known, remembered] = await Promise.allSettled([ask("system.routes"), ask("system.packs")])
  if (known.status === "fulfilled") routes.value = known.value as ReadonlyArray<Route>
  if (remembered.status === "fulfilled") packs.value = remembered.value.packs
}
