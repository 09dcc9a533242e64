/** Owns what follows from a configuration: who answers, who audits, and what each call may cost. */
import { gatesOf } from "./gate.mjs"

// ---- The routing law

export const STAND_IN = { target: "null:stand-in", provider: "null", model: "stand-in" }
/** The mode of a run that invokes a capability and asks no model, and its route. */
const CAPABILITY = "capability"
const UNROUTED = {
  mode: CAPABILITY,
  primary: STAND_IN.target,
  secondary: STAND_IN.target,
  selected: STAND_IN,
  provider: STAND_IN.provider,
  fallbackUsed: false,
  fallbackReason: null,
  alternate: null
}
export const asksNobody = ({ accepted }) => accepted.mode === CAPABILITY

/** Whether somebody may ask a model in a mode. */
export const mayBeAsked = (mode) => mode !== "challenger" && mode !== CAPABILITY

const placeOf = (target) => {
  const colon = target.indexOf(":")
  if (colon < 1 || colon === target.length - 1) return null
  const provider = target.slice(0, colon)
  return { target, provider: provider === "local" ? "ollama" : provider, model: target.slice(colon + 1) }
}
const entryOf = ({ routing }, mode) => (Object.hasOwn(routing.modes, mode) ? routing.modes[mode] : null)

/** The route of a mode, or null where there is none. */
const routeOf = (rules, providers, mode) => {
  const entry = entryOf(rules, mode)
  const primary = entry && placeOf(entry.primary)
  if (!primary) return null
  const secondary = placeOf(entry.secondary)
  const isCloud = ({ provider }) => providers.get(provider)?.cloud === true
  const isUsable = ({ provider }) => {
    const facts = providers.get(provider)
    return facts !== undefined && facts.supported && (facts.enabled || provider === "null")
  }
  const mayFallBack = (place) =>
    isUsable(place) && (rules.allowImplicitCloudFallback || isCloud(primary) || !isCloud(place))
  const common = { mode, primary: entry.primary, secondary: entry.secondary }
  if (isUsable(primary)) {
    const other = secondary !== null && secondary.target !== primary.target && mayFallBack(secondary)
    return {
      ...common,
      selected: primary,
      provider: primary.provider,
      fallbackUsed: false,
      fallbackReason: null,
      alternate: other ? secondary : null
    }
  }
  if (!secondary) return null
  const selected = mayFallBack(secondary) ? secondary : null
  return {
    ...common,
    selected,
    provider: selected?.provider ?? "null",
    fallbackUsed: true,
    fallbackReason: "model_unavailable",
    alternate: null
  }
}

const tagged = (model) => (model.includes(":") ? model : `${model}:latest`).toLowerCase()
export const isSameModel = (model, other) => tagged(model) === tagged(other)

const drifts = (rules) => {
  const [executor, challenger] = ["executor", "challenger"].map((mode) => {
    const entry = entryOf(rules, mode)
    return entry && placeOf(entry.primary)?.model
  })
  const same = !rules.allowSameModel && executor && challenger && isSameModel(executor, challenger)
  return Boolean(same) || Object.values(rules.routing.modes).some((entry) => (entry.max_steps ?? 0) > 20)
}

/** What decisions read of a configuration. */
export const configurationOf = (rules) => {
  const providers = new Map(rules.providers.map((facts) => [facts.name, facts]))
  const routes = new Map(
    Object.keys(rules.routing.modes).map((mode) => [mode, routeOf(rules, providers, mode)])
  )
  routes.set(CAPABILITY, UNROUTED)
  const judge = routes.get("challenger")?.selected ?? null
  return {
    policy: rules,
    routes,
    windowOf: ({ provider }) => providers.get(provider)?.window ?? 0,
    isCloudAt: ({ provider }) => provider !== "null" && providers.get(provider)?.cloud !== false,
    capabilities: new Map(rules.capabilities?.map((facts) => [facts.id, facts])),
    auditor: judge && providers.get(judge.provider)?.canAudit ? judge : null,
    drifts: drifts(rules)
  }
}

/** Whether any model of a run is, or may be, somewhere else than on this machine or network. */
export const isCloud = ({ isCloudAt, auditor }, { selected, alternate }, isAudited) =>
  [selected ?? STAND_IN, alternate, isAudited ? auditor : null].some(
    (place) => place !== null && isCloudAt(place)
  )

// ---- The bounds law

/** What each call of a run may cost, by purpose and attempt; null where no certificate can be given. */
export const reservationsOf = ({ policy: rules, windowOf, auditor }, { accepted, route, context }) => {
  if (asksNobody({ accepted })) return {}
  // Whoever asks may want less than there may be, and says nothing of a verdict.
  const outputTokens = Math.min(rules.maxOutputTokens, accepted.generation?.maxOutputTokens ?? Infinity)
  const reserve = (inputTokens, most = outputTokens) => ({
    inputTokens,
    outputTokens: most,
    wallMillis: rules.timeouts.total_seconds * 1000
  })
  const prompt = (window) => Math.min(window, context.bytes + 16 * context.messages + 64)
  const draft = windowOf(route.selected ?? STAND_IN)
  const alternate = route.alternate && windowOf(route.alternate)
  const audit = accepted.audit && auditor ? windowOf(auditor) : null
  const isCramped = (window, most) => window !== null && (most < 1 || most >= window)
  if (isCramped(draft, outputTokens) || isCramped(alternate, outputTokens)) return null
  if (isCramped(audit, rules.maxOutputTokens)) return null
  const reserved = { "draft 1": reserve(prompt(draft)) }
  if (alternate !== null) reserved["draft 2"] = reserve(prompt(alternate))
  if (audit !== null) {
    reserved["audit 1"] = reserve(audit, rules.maxOutputTokens)
    reserved["revision 1"] = reserve(Math.max(draft, alternate ?? 0))
  }
  return reserved
}

export const certificateOf = ({ capabilities }, reserved, accepted) => {
  const { capability } = accepted
  const invoking = capabilities.get(capability?.id)?.bounds.timeoutMillis ?? 0
  const all = Object.values(reserved)
  const sum = (name) => all.reduce((total, each) => total + each[name], 0)
  return {
    calls: all.length,
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
    wallMillis: sum("wallMillis") + invoking,
    capabilityCalls: capability === undefined ? 0 : 1,
    gates: gatesOf(accepted)
  }
}
