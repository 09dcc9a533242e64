/** Owns what can be wrong between a routing table and the models it names, and who should judge whom. Pure. */
import { Option, Result } from "effect"
import { type Finding, finding, nameOf } from "./Diagnosis.ts"
import type { FaultName } from "./Faults.ts"
import { Mode, type ModelName } from "../Ids.ts"
import { type Policy, switchesOf } from "../config/Policy.ts"
import {
  type Destination,
  drift,
  isSameModel,
  NULL_PROVIDER,
  parseTarget,
  resolve,
  type Route
} from "../run/Route.ts"

/** What a host says of one of its models. Null: it did not say. */
export interface ModelFacts {
  readonly name: ModelName
  /** Whether it makes text, and not embeddings say. */
  readonly chats: boolean | null
  /** The context window it was trained for, in tokens. */
  readonly window: number | null
  /** Whether the host passes what it is sent on to somebody else's machine. */
  readonly remote: boolean
  readonly template: boolean | null
}

/** What answers at a provider's address. */
export type HostFacts =
  | { readonly state: "refused" | "unreachable" | "silent" | "not_ollama" }
  | {
      readonly state: "answers"
      /** Major and minor; null for a version that is none. */
      readonly version: readonly [major: number, minor: number] | null
      /** Every model by name; those that were asked for with everything the host says of them. */
      readonly models: ReadonlyArray<ModelFacts>
    }

/** The oldest version whose answers this program was tried with. */
const OLDEST: readonly [number, number] = [0, 24]

/** Where each mode goes, or null for one whose target is none. */
const routesOf = (policy: Policy): ReadonlyArray<readonly [Mode, Route | null]> =>
  Object.keys(policy.routing.modes).map((key) => {
    const mode = Mode.make(key)
    return [mode, Result.getOrNull(resolve(policy.routing, mode, switchesOf(policy)))] as const
  })

const placesOf = ({ selected, alternate }: Route): ReadonlyArray<Destination> =>
  [selected, alternate].flatMap((place) => (place && place.provider !== NULL_PROVIDER ? [place] : []))

const distinct = (names: Iterable<ModelName>): ReadonlyArray<ModelName> => {
  const found: Array<ModelName> = []
  for (const name of names) if (!found.some((other) => isSameModel(name, other))) found.push(name)
  return found
}

/** The models that a provider is asked for by any mode. */
export const modelsAsked = (policy: Policy, provider: string): ReadonlyArray<ModelName> =>
  distinct(
    routesOf(policy)
      .flatMap(([, route]) => (route ? placesOf(route) : []))
      .filter((place) => place.provider === provider)
      .map(({ model }) => model)
  )

/** The providers that the table names and nobody else does: its targets are none that anything could lead to. */
const strangersIn = ({ routing, providers }: Policy): ReadonlyArray<string> => {
  const known = new Set<string>([NULL_PROVIDER, ...providers.map(({ name }) => name)])
  const named = Object.values(routing.modes)
    .flatMap(({ primary, secondary }) => [primary, secondary])
    .flatMap((target) => Option.toArray(Result.getSuccess(parseTarget(target))))
  return [...new Set(named.map(({ provider }) => provider))].filter((name) => !known.has(name))
}

/** Ollama's own names for models that it only passes on. */
const CLOUD = /(?:^|[:-])cloud$/u

/** What can be said without asking anybody. */
export const ofConstellation = (policy: Policy): ReadonlyArray<Finding> => {
  const routes = routesOf(policy)
  const asked = routes.flatMap(([, route]) => (route ? placesOf(route) : []))
  const drifted = drift(policy.routing, policy.allowSameModel)
  const challenger = routes.find(([mode]) => mode === "challenger")?.[1]?.selected ?? null
  const executor = routes.find(([mode]) => mode === "executor")?.[1]?.selected ?? null
  const factsOf = (name: string) => policy.providers.find((provider) => provider.name === name)
  const windows = asked.map(({ provider }) => factsOf(provider)?.window ?? 0)
  const cramped = windows.find((window) => policy.maxOutputTokens >= window)
  const judges = challenger !== null && factsOf(challenger.provider)?.canAudit === true
  const itself = judges && executor !== null && isSameModel(executor.model, challenger.model)
  const local = asked.filter(({ provider }) => factsOf(provider)?.cloud === false)
  const found = (fault: FaultName, about: Parameters<typeof finding>[2] = {}) =>
    finding("constellation", fault, about)
  return [
    ...routes.flatMap(([mode, route]) =>
      route === null ? [found("ROUTE_TARGET_INVALID", { name: nameOf(mode) })] : []
    ),
    ...(drifted.includes("same_model") ? [found("CHALLENGER_SAME_MODEL")] : []),
    ...(drifted.includes("too_many_steps") ? [found("TOO_MANY_STEPS")] : []),
    ...(cramped === undefined
      ? []
      : [
          found("OUTPUT_TOO_LARGE", {
            limit: { actual: policy.maxOutputTokens, allowed: Math.max(0, cramped - 1) }
          })
        ]),
    ...distinct(local.map(({ model }) => model).filter((model) => CLOUD.test(model))).map((model) =>
      found("MODEL_REMOTE", { name: nameOf(model) })
    ),
    ...policy.providers.flatMap(({ name, enabled, supported }) =>
      enabled && !supported ? [found("PROVIDER_UNSUPPORTED", { name: nameOf(name) })] : []
    ),
    ...strangersIn(policy).map((name) => found("PROVIDER_UNKNOWN", { name: nameOf(name) })),
    ...(asked.length === 0 ? [found("PROVIDER_NONE")] : judges ? [] : [found("CHALLENGER_MISSING")]),
    ...(itself && policy.allowSameModel ? [found("CHALLENGER_NOT_INDEPENDENT")] : [])
  ]
}

const unanswered = {
  refused: "PROVIDER_REFUSED",
  unreachable: "PROVIDER_UNREACHABLE",
  silent: "PROVIDER_SILENT",
  not_ollama: "PROVIDER_NOT_OLLAMA"
} as const

/** What a provider's host says, held against the routes that lead to it. */
export const ofHost = (policy: Policy, provider: string, facts: HostFacts): ReadonlyArray<Finding> => {
  const name = nameOf(provider)
  if (facts.state !== "answers") return [finding("models", unanswered[facts.state], { name })]
  const has = (model: ModelName) => facts.models.find((one) => isSameModel(one.name, model))
  const asked = modelsAsked(policy, provider)
  const missing = asked.filter((model) => has(model) === undefined)
  // A mode whose places all lead here, and to no model that is there, has nobody to answer.
  const needed = routesOf(policy).flatMap(([, route]) => {
    const places = route ? placesOf(route) : []
    const stranded = places.every((place) => place.provider === provider && has(place.model) === undefined)
    return stranded ? places.map(({ model }) => model) : []
  })
  const window = policy.providers.find((one) => one.name === provider)?.window ?? 0
  return [
    ...missing.map((model) =>
      finding(
        "models",
        needed.some((one) => isSameModel(one, model)) ? "MODEL_MISSING" : "MODEL_SPARE_MISSING",
        {
          name: nameOf(model)
        }
      )
    ),
    ...asked.flatMap((model) => {
      const known = has(model)
      return known ? ofModel(known, model, window) : []
    }),
    ...(facts.version !== null && isOlder(facts.version)
      ? [finding("models", "PROVIDER_TOO_OLD", { name })]
      : [])
  ]
}

const ofModel = (known: ModelFacts, asked: ModelName, window: number): ReadonlyArray<Finding> => {
  const name = nameOf(asked)
  return [
    // What its name says already was found without asking.
    ...(known.remote && !CLOUD.test(asked) ? [finding("models", "MODEL_REMOTE", { name })] : []),
    ...(known.chats === false ? [finding("models", "MODEL_CANNOT_CHAT", { name })] : []),
    ...(known.template === false && known.chats !== false
      ? [finding("models", "MODEL_WITHOUT_TEMPLATE", { name })]
      : []),
    ...(known.window !== null && known.window < window
      ? [finding("models", "WINDOW_TOO_LARGE", { name, limit: { actual: window, allowed: known.window } })]
      : [])
  ]
}

const isOlder = ([major, minor]: readonly [number, number]): boolean =>
  major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
