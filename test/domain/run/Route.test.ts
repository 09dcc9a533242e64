import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Result, Schema } from "effect"
import { Count, Mode, ProviderName, Target } from "../../../src/domain/Ids.ts"
import {
  drift,
  NULL_PROVIDER,
  parseTarget,
  resolve,
  resolveAnswer,
  Route,
  type RoutingTable,
  RUNBOOK_MAX_STEPS,
  type Switches
} from "../../../src/domain/run/Route.ts"

const names = ["ollama", "null", "openai", "anthropic", "later"] as const
const cloud: ReadonlySet<string> = new Set(["openai", "anthropic", "later"])

/** Small worlds, so that collisions and misses are common. */
const World = Schema.Struct({
  primary: Schema.Literals([
    "local:a",
    "local:b:8b",
    "ollama:a",
    "null:x",
    "openai:g",
    "anthropic:c",
    "later:z",
    "a",
    ":a",
    "a:"
  ]),
  secondary: Schema.Literals([
    "local:a",
    "local:b:8b",
    "null:x",
    "openai:g",
    "anthropic:c",
    "later:z",
    "a",
    ":a"
  ]),
  enabled: Schema.Array(Schema.Literals(names)),
  supported: Schema.Array(Schema.Literals(names)),
  allowCloud: Schema.Boolean,
  mode: Schema.Literals(["executor", "explorer", "toString", "__proto__"])
})
type World = typeof World.Type

const tableOf = (primary: string, secondary: string, max_steps?: number): RoutingTable => ({
  rules: { selection_method: "mode", boundaries: {} },
  modes: {
    [Mode.make("executor")]: {
      primary: Target.make(primary),
      secondary: Target.make(secondary),
      ...(max_steps !== undefined && { max_steps })
    }
  }
})

const switchesOf = (world: Pick<World, "enabled" | "supported" | "allowCloud">): Switches => ({
  providers: Object.fromEntries(
    names
      .filter((name) => name !== "null")
      .map((name) => [name, { enabled: world.enabled.includes(name), cloud: cloud.has(name) }])
  ),
  supported: new Set(world.supported.map((name) => ProviderName.make(name))),
  allowImplicitCloudFallback: world.allowCloud
})

const resolveIn = (world: World) =>
  resolve(tableOf(world.primary, world.secondary), Mode.make(world.mode), switchesOf(world))

/** A resolved route of each generated world; the ones that were refused are the other law's. */
const routed = Arbitrary.schema(World).pipe(
  Arbitrary.filterMap((world) => {
    const route = resolveIn({ ...world, mode: "executor" })
    return Result.isSuccess(route) ? Result.succeed({ world, route: route.success }) : Result.failVoid
  })
)

describe("Route.resolve", () => {
  it.prop("the same table, mode and switches give the same route", [World], ([world]) => {
    assert.deepStrictEqual(resolveIn(world), resolveIn(structuredClone(world)))
  })

  it.prop("the order of switches and adapters changes nothing", [World], ([world]) => {
    const turned = { ...world, enabled: world.enabled.toReversed(), supported: world.supported.toReversed() }
    assert.deepStrictEqual(resolveIn(world), resolveIn(turned))
  })

  it.prop("a route is recordable and keeps both targets and the mode", [routed], ([{ world, route }]) => {
    assert.deepStrictEqual(Schema.decodeUnknownSync(Route)(Schema.encodeSync(Route)(route)), route)
    assert.deepStrictEqual(
      [route.mode, route.primary, route.secondary],
      ["executor", world.primary, world.secondary]
    )
  })

  it.prop("nothing is selected that is disabled or has no adapter", [routed], ([{ world, route }]) => {
    for (const destination of [route.selected, route.alternate]) {
      const provider = destination?.provider
      if (provider === undefined) continue
      assert.isTrue(
        world.supported.some((name) => name === provider),
        provider
      )
      assert.isTrue(provider === "null" || world.enabled.some((name) => name === provider), provider)
    }
    assert.strictEqual(route.provider, route.selected?.provider ?? "null")
  })

  it.prop("text never leaves the machine because a local target was out", [routed], ([{ world, route }]) => {
    const primary = Result.getOrThrow(parseTarget(route.primary))
    const reached = [route.selected, route.alternate].filter((destination) => destination !== null)
    const leaves = reached.some(({ provider }) => cloud.has(provider))
    assert.isFalse(!world.allowCloud && !cloud.has(primary.provider) && leaves)
  })

  it.prop(
    "the alternate is another target, and only beside a primary that is usable",
    [routed],
    ([{ route }]) => {
      assert.isTrue(route.alternate === null || route.alternate.target !== route.selected?.target)
      assert.isTrue(route.alternate === null || !route.fallbackUsed)
    }
  )

  it.prop("a fallback is announced, with its reason", [routed], ([{ route }]) => {
    assert.strictEqual(route.fallbackUsed, route.selected?.target !== route.primary)
    assert.strictEqual(route.fallbackReason, route.fallbackUsed ? "model_unavailable" : null)
    assert.isTrue(!route.fallbackUsed || route.selected === null || route.selected.target === route.secondary)
  })
})

describe("Route edge cases", () => {
  const local = { enabled: ["ollama"], supported: ["ollama", "null"], allowCloud: false } as const
  const run = (
    primary: string,
    secondary: string,
    world: Pick<World, "enabled" | "supported" | "allowCloud"> = local
  ) => resolve(tableOf(primary, secondary), Mode.make("executor"), switchesOf(world))
  const selected = (result: ReturnType<typeof run>) => Result.getOrThrow(result).selected
  const code = (result: ReturnType<typeof run>) => (Result.isFailure(result) ? result.failure.code : null)

  it("an unknown mode is an error, and no inherited name is a mode", () => {
    for (const mode of ["explorer", "toString", "__proto__", "constructor"]) {
      const result = resolve(tableOf("local:a", "local:b"), Mode.make(mode), switchesOf(local))
      assert.strictEqual(code(result), "ROUTE_MODE_UNKNOWN")
    }
  })

  it("the mode that audits answers nobody, and every other as it is resolved", () => {
    const entry = { primary: Target.make("local:a"), secondary: Target.make("local:b") }
    const modes = ["executor", "challenger", "Challenger", "challenger2", "steward"].map((name) =>
      Mode.make(name)
    )
    const table = { modes: Object.fromEntries(modes.map((mode) => [mode, entry])) }
    for (const mode of modes) {
      const [any, answer] = [resolve, resolveAnswer].map((law) => law(table, mode, switchesOf(local)))
      assert.isTrue(Result.isSuccess(any ?? assert.fail()))
      if (mode === "challenger") assert.strictEqual(code(answer ?? assert.fail()), "ROUTE_MODE_INTERNAL")
      else assert.deepStrictEqual(answer, any)
    }
    const nowhere = resolveAnswer({ modes: {} }, Mode.make("challenger"), switchesOf(local))
    assert.strictEqual(code(nowhere), "ROUTE_MODE_UNKNOWN")
  })

  it("a target without a namespace or a model is an error, not a fallback", () => {
    for (const target of ["a", ":a", "a:", "local"]) {
      assert.strictEqual(code(run(target, "local:b")), "ROUTE_TARGET_INVALID", target)
      assert.strictEqual(code(run("openai:g", target)), "ROUTE_TARGET_INVALID", target)
    }
  })

  it("a malformed secondary does not stop a usable primary", () => {
    assert.strictEqual(selected(run("local:a", "broken"))?.target, "local:a")
    assert.isNull(Result.getOrThrow(run("local:a", "broken")).alternate)
  })

  it("the namespace ends at the first colon, and local means the local Ollama", () => {
    const destination = Result.getOrThrow(parseTarget(Target.make("local:org/b:8b")))
    assert.deepStrictEqual([destination.provider, destination.model], ["ollama", "org/b:8b"])
    assert.strictEqual(Result.getOrThrow(parseTarget(Target.make("OpenAI:x"))).provider, "OpenAI")
  })

  it("a provider that is not configured counts as disabled", () => {
    const switches = { ...switchesOf(local), providers: {} }
    const route = Result.getOrThrow(resolve(tableOf("local:a", "openai:g"), Mode.make("executor"), switches))
    assert.isNull(route.selected)
    const inherited = { ...switches, supported: new Set([ProviderName.make("constructor")]) }
    const odd = Result.getOrThrow(
      resolve(tableOf("constructor:a", "local:b"), Mode.make("executor"), inherited)
    )
    assert.isNull(odd.selected)
  })

  it("an enabled provider without an adapter falls through", () => {
    const world = { ...local, enabled: ["ollama", "later"] as const }
    assert.strictEqual(selected(run("later:z", "local:a", { ...world, allowCloud: true }))?.target, "local:a")
  })

  it("when neither is usable the stand-in answers, and both targets stay on record", () => {
    const route = Result.getOrThrow(run("openai:g", "anthropic:c"))
    assert.deepStrictEqual([route.selected, route.provider, route.fallbackUsed], [null, NULL_PROVIDER, true])
    assert.deepStrictEqual([route.primary, route.secondary], ["openai:g", "anthropic:c"])
  })

  it("the stand-in can be named, and needs no switch", () => {
    const route = Result.getOrThrow(run("null:x", "local:a"))
    assert.deepStrictEqual(
      [route.provider, route.fallbackUsed, route.selected?.target],
      ["null", false, "null:x"]
    )
  })

  it("a local primary has no cloud alternate until that is allowed", () => {
    const both = { enabled: ["ollama", "openai"], supported: ["ollama", "openai", "null"] } as const
    assert.isNull(Result.getOrThrow(run("local:a", "openai:g", { ...both, allowCloud: false })).alternate)
    assert.strictEqual(
      Result.getOrThrow(run("local:a", "openai:g", { ...both, allowCloud: true })).alternate?.target,
      "openai:g"
    )
    assert.strictEqual(
      Result.getOrThrow(run("openai:g", "local:a", { ...both, allowCloud: false })).alternate?.target,
      "local:a"
    )
  })

  it("equal targets give no alternate", () => {
    assert.isNull(Result.getOrThrow(run("local:a", "local:a")).alternate)
  })
})

describe("Route.drift", () => {
  const pair = (executor: string, challenger: string, steps?: number): RoutingTable => {
    const table = tableOf(executor, executor, steps)
    const auditor = { primary: Target.make(challenger), secondary: Target.make(challenger) }
    return { ...table, modes: { ...table.modes, [Mode.make("challenger")]: auditor } }
  }

  it("an auditor of the same model is drift, whatever its provider, unless that is allowed", () => {
    assert.deepStrictEqual(drift(pair("local:a", "local:b"), false), [])
    assert.deepStrictEqual(drift(pair("local:a", "local:a"), false), ["same_model"])
    assert.deepStrictEqual(drift(pair("local:a", "openai:a"), false), ["same_model"])
    assert.deepStrictEqual(drift(pair("local:a", "local:a"), true), [])
  })

  it("a table without an auditor does not drift", () => {
    assert.deepStrictEqual(drift(tableOf("local:a", "local:b"), false), [])
    assert.deepStrictEqual(drift({ ...tableOf("a:b", "c:d"), modes: {} }, false), [])
  })

  it.prop("more steps than a runbook may have is drift", [Count], ([steps]) => {
    assert.deepStrictEqual(
      drift(pair("local:a", "local:b", steps), false),
      steps > RUNBOOK_MAX_STEPS ? ["too_many_steps"] : []
    )
  })
})
