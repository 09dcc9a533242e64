/** Owns how a mode becomes exactly one provider and model; a pure function of the table and the provider switches. */
import { Result, Schema } from "effect"
import { failure, type RuntimeFailure } from "../Failure.ts"
import { configuredPattern, Count, Mode, ModelName, ProviderName, Target } from "../Ids.ts"

/** The most steps a runbook, and so a mode's declared `max_steps`, may have. */
export const RUNBOOK_MAX_STEPS = 20

const Verb = Schema.String.pipe(Schema.check(Schema.isPattern(configuredPattern)), Schema.brand("Verb"))
const Role = Schema.Struct({ allowed: Schema.Array(Verb), forbidden: Schema.Array(Verb) })

/** What each role of the constellation may do; stated to the model in its system prompt. */
export const Boundaries = Schema.Struct({
  challenger_user_facing: Schema.optionalKey(Schema.Literal(false)),
  single_voice_output: Schema.optionalKey(Schema.Literal(true)),
  data: Schema.optionalKey(Role),
  reasoning: Schema.optionalKey(Role),
  challenger: Schema.optionalKey(Role),
  draft: Schema.optionalKey(Role),
  fast: Schema.optionalKey(Role)
})
export type Boundaries = typeof Boundaries.Type

export const ModeEntry = Schema.Struct({
  primary: Target,
  secondary: Target,
  max_steps: Schema.optionalKey(Count)
})

/** The static routing table: the only thing that decides which model answers. */
export const RoutingTable = Schema.Struct({
  rules: Schema.Struct({
    selection_method: Schema.Literal("mode"),
    boundaries: Boundaries
  }),
  modes: Schema.Record(Mode, ModeEntry)
})
export type RoutingTable = typeof RoutingTable.Type

/** The part of the table that decides. */
export type Modes = Pick<RoutingTable, "modes">

/** A provider as the routing law sees it. */
export interface ProviderSwitch {
  readonly enabled: boolean
  /** Whether text leaves this machine. */
  readonly cloud: boolean
}

export const FallbackReason = Schema.Literals([
  "model_unavailable",
  "connection_refused",
  "server_error",
  "model_not_found",
  "context_overflow",
  "first_byte_timeout"
])
export type FallbackReason = typeof FallbackReason.Type

/** One place a call can go to. */
export const Destination = Schema.Struct({ target: Target, provider: ProviderName, model: ModelName })
export type Destination = typeof Destination.Type

/** The answer of the law. */
export const Route = Schema.Struct({
  mode: Mode,
  primary: Target,
  secondary: Target,
  /** The destination, or null when neither target is usable and the stand-in answers. */
  selected: Schema.NullOr(Destination),
  provider: ProviderName,
  fallbackUsed: Schema.Boolean,
  fallbackReason: Schema.NullOr(FallbackReason),
  /** Where the one certified second attempt of the draft may go when the first could not be made. */
  alternate: Schema.NullOr(Destination)
})
export type Route = typeof Route.Type

export const NULL_PROVIDER = ProviderName.make("null")

/** Who answers when no target is usable: nobody, and it says so. */
export const standIn: Destination = {
  target: Target.make("null:stand-in"),
  provider: NULL_PROVIDER,
  model: ModelName.make("stand-in")
}

/** Splits `namespace:model` at the first colon; `local` means the local Ollama. */
export const parseTarget = (target: Target): Result.Result<Destination, RuntimeFailure> => {
  const colon = target.indexOf(":")
  const namespace = target.slice(0, colon)
  const model = target.slice(colon + 1)
  if (colon <= 0 || model.length === 0) return Result.fail(failure("ROUTE_TARGET_INVALID", "route"))
  return Result.succeed({
    target,
    provider: ProviderName.make(namespace === "local" ? "ollama" : namespace),
    model: ModelName.make(model)
  })
}

/** What the law reads besides the table and the mode. */
export interface Switches {
  readonly providers: Readonly<Record<string, ProviderSwitch>>
  /** The providers this installation has an adapter for. */
  readonly supported: ReadonlySet<ProviderName>
  readonly allowImplicitCloudFallback: boolean
}

/**
 * Resolves `mode` to its primary target if that is usable, else its secondary, else the stand-in.
 * Same table, mode and switches: same route.
 */
export const resolve = (table: Modes, mode: Mode, switches: Switches): Result.Result<Route, RuntimeFailure> =>
  Result.gen(function* () {
    const entry = Object.hasOwn(table.modes, mode) ? table.modes[mode] : undefined
    if (entry === undefined) return yield* Result.fail(failure("ROUTE_MODE_UNKNOWN", "route"))

    const usable = (destination: Destination) =>
      switches.supported.has(destination.provider) &&
      (destination.provider === NULL_PROVIDER || switchOf(switches, destination.provider).enabled)
    const isCloud = (destination: Destination) => switchOf(switches, destination.provider).cloud

    const primary = yield* parseTarget(entry.primary)
    const mayFallBackTo = (destination: Destination) =>
      usable(destination) &&
      (switches.allowImplicitCloudFallback || isCloud(primary) || !isCloud(destination))

    const common = { mode, primary: entry.primary, secondary: entry.secondary }
    if (usable(primary)) {
      const secondary = Result.getOrUndefined(parseTarget(entry.secondary))
      const alternate =
        secondary !== undefined && secondary.target !== primary.target && mayFallBackTo(secondary)
          ? secondary
          : null
      return {
        ...common,
        selected: primary,
        provider: primary.provider,
        fallbackUsed: false,
        fallbackReason: null,
        alternate
      }
    }
    const secondary = yield* parseTarget(entry.secondary)
    const fallback = {
      ...common,
      fallbackUsed: true,
      fallbackReason: "model_unavailable" as const,
      alternate: null
    }
    return mayFallBackTo(secondary)
      ? { ...fallback, selected: secondary, provider: secondary.provider }
      : { ...fallback, selected: null, provider: NULL_PROVIDER }
  })

/** The mode that audits. It speaks to the runtime alone: no configuration may say otherwise. */
export const CHALLENGER = Mode.make("challenger")

/** The mode of a run that invokes a capability and asks no model; no table routes it. */
export const CAPABILITY = Mode.make("capability")

/** Whether a person or a program may ask in this mode. */
export const mayAnswer = (mode: Mode): boolean => mode !== CHALLENGER && mode !== CAPABILITY

/** The route of a run that asks no model. */
export const unrouted: Route = {
  mode: CAPABILITY,
  primary: standIn.target,
  secondary: standIn.target,
  selected: standIn,
  provider: NULL_PROVIDER,
  fallbackUsed: false,
  fallbackReason: null,
  alternate: null
}

/** The route of whoever is to answer a person or a program. */
export const resolveAnswer = (
  table: Modes,
  mode: Mode,
  switches: Switches
): Result.Result<Route, RuntimeFailure> =>
  Result.filterOrFail(
    resolve(table, mode, switches),
    () => mayAnswer(mode),
    () => failure("ROUTE_MODE_INTERNAL", "route")
  )

/** A provider nobody configured is off, and no licence to go to a cloud in its place. */
const switchOf = (switches: Switches, provider: ProviderName): ProviderSwitch =>
  (Object.hasOwn(switches.providers, provider) ? switches.providers[provider] : undefined) ?? {
    enabled: false,
    cloud: false
  }

/** Whether two names are one model, whoever serves it: without a tag `latest` is meant, and case does not count. */
export const isSameModel = (one: ModelName, other: ModelName): boolean => tagged(one) === tagged(other)

const tagged = (model: ModelName): string => (model.includes(":") ? model : `${model}:latest`).toLowerCase()

/** What the constellation guard can find. */
export type Drift = "same_model" | "too_many_steps"

/** Checks the table as a whole: an auditor independent of the executor, and no mode above the runbook ceiling. */
export const drift = (table: Modes, allowSameModel: boolean): ReadonlyArray<Drift> => {
  const primary = (mode: string) => {
    const entry = Object.hasOwn(table.modes, mode) ? table.modes[Mode.make(mode)] : undefined
    return entry && Result.getOrUndefined(parseTarget(entry.primary))?.model
  }
  const [executor, challenger] = [primary("executor"), primary(CHALLENGER)]
  const found: Array<Drift> = []
  if (!allowSameModel && executor && challenger && isSameModel(executor, challenger)) found.push("same_model")
  if (Object.values(table.modes).some((entry) => (entry.max_steps ?? 0) > RUNBOOK_MAX_STEPS)) {
    found.push("too_many_steps")
  }
  return found
}
