import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Mode, ModelName, ProviderName, Target } from "../../../src/domain/Ids.ts"
import { modelsAsked, ofConstellation, ofHost } from "../../../src/domain/integrity/Models.ts"
import { policy } from "../../../src/domain/config/Policy.ts"
import { isSameModel } from "../../../src/domain/run/Route.ts"
import { settings } from "../../support/settings.ts"

const models = ["a", "a:latest", "b", "c:1b"] as const
/** Small tables, so that models are shared and missing often. */
const Table = Schema.Record(
  Schema.Literals(["executor", "challenger", "fast"]),
  Schema.Struct({ primary: Schema.Literals(models), secondary: Schema.Literals(models) })
)
const Present = Schema.Array(Schema.Literals(models))

const local = (model: string) => Target.make(`local:${model}`)
const policyOf = (table: typeof Table.Type) =>
  policy(
    {
      ...settings,
      routing: {
        ...settings.routing,
        modes: Object.fromEntries(
          Object.entries(table).map(([mode, { primary, secondary }]) => [
            Mode.make(mode),
            { primary: local(primary), secondary: local(secondary) }
          ])
        )
      }
    },
    [
      {
        name: ProviderName.make("ollama"),
        enabled: true,
        supported: true,
        cloud: false,
        canAudit: true,
        window: 8192
      }
    ],
    []
  )

const known = (name: string) => ({
  name: ModelName.make(name),
  chats: true,
  window: 8192,
  remote: false,
  template: true
})

describe("models and the routes to them", () => {
  it.prop(
    "each model that is asked for and not there is named once",
    [Table, Present],
    ([table, present]) => {
      const policy = policyOf(table)
      const asked = modelsAsked(policy, "ollama")
      const found = ofHost(policy, "ollama", { state: "answers", version: null, models: present.map(known) })
      const missing = asked.filter((model) => !present.some((one) => isSameModel(ModelName.make(one), model)))
      assert.deepStrictEqual(
        found.map(({ name }) => `${name}`),
        missing.map((model) => `${model}`)
      )
    }
  )

  it.prop(
    "a fault is a mode with nobody to answer, and there is one exactly then",
    [Table, Present],
    ([table, present]) => {
      const has = (model: string) =>
        present.some((one) => isSameModel(ModelName.make(one), ModelName.make(model)))
      const stranded = Object.values(table).some(({ primary, secondary }) => !has(primary) && !has(secondary))
      const found = ofHost(policyOf(table), "ollama", {
        state: "answers",
        version: null,
        models: present.map(known)
      })
      assert.strictEqual(
        found.some(({ fault }) => fault === "MODEL_MISSING"),
        stranded
      )
    }
  )

  it.prop("one model for both is told, and two are not", [Table], ([table]) => {
    const faults = ofConstellation(policyOf(table)).map(({ fault }) => fault)
    const same = isSameModel(ModelName.make(table.executor.primary), ModelName.make(table.challenger.primary))
    assert.strictEqual(faults.includes("CHALLENGER_SAME_MODEL"), same)
  })
})
