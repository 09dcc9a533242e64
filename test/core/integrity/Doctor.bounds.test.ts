/** Has one thing hang and another one break while the doctor looks: neither holds up or brings down the rest. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Budgets } from "../../../src/core/run/Budgets.ts"
import { Doctor } from "../../../src/core/integrity/Doctor.ts"
import { failure } from "../../../src/domain/Failure.ts"
import { Installation } from "../../../src/ports/Installation.ts"
import { Machine } from "../../../src/ports/Machine.ts"
import { ModelHost } from "../../../src/ports/ModelHost.ts"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import * as AesVault from "../../../src/adapters/vault/Aes.ts"

const absent = { environment: "absent", file: "absent" } as const
const machine: Machine["Service"] = {
  paths: {
    data: "/d",
    journal: "/d/j",
    journal_log: "/d/l",
    master_key: "/d/m",
    signing_key: "/d/s",
    signing_pub: "/d/s",
    metadata: "/d/x",
    user_config: "/u",
    project_config: "/p"
  },
  node: 20,
  system: { node: "20.0.0", platform: "linux", architecture: "x64" },
  telemetry: { traces: null, metrics: null, faults: [] },
  folder: Effect.succeed({
    state: "there",
    writable: true,
    shared: false,
    freeBytes: 2 ** 40,
    metadata: "absent"
  }),
  masterKey: Effect.succeed(absent),
  signingKey: Effect.succeed(absent),
  hasJournal: Effect.succeed(false),
  journal: Effect.succeed({ facts: { state: "absent" }, key: null }),
  tally: Effect.succeed(null),
  strays: Effect.succeed([])
}

const examine = (broken: Partial<Machine["Service"]>) =>
  Doctor.use((doctor) => doctor.examine).pipe(
    Effect.map(({ findings }) => findings.map(({ check, fault }) => `${check} ${fault}`)),
    Effect.provide(
      Doctor.layer.pipe(
        Layer.provide(Budgets.layer),
        Layer.provide([
          Layer.succeed(Machine, { ...machine, ...broken }),
          Layer.succeed(ModelHost, { known: [], ask: () => Effect.succeed({ state: "refused" }) }),
          Layer.succeed(Installation, { read: Effect.fail(failure("CONFIG_UNREADABLE", "setup")) }),
          AesVault.layer({ directory: "." }),
          MemoryJournal.layer
        ])
      )
    )
  )

describe("the doctor, when it cannot look", () => {
  it.effect("says so of what broke, and finds the rest", () =>
    Effect.gen(function* () {
      const found = yield* examine({ folder: Effect.die(new Error("a word nobody should read")) })
      assert.deepStrictEqual(found, [
        "node NODE_TOO_OLD",
        "configuration CONFIG_UNREADABLE",
        "data CHECK_FAILED"
      ])
    })
  )

  it.effect("waits for what hangs no longer than it said, and finds the rest", () =>
    Effect.gen(function* () {
      const looking = yield* Effect.forkChild(examine({ strays: Effect.never }))
      yield* TestClock.adjust("21 seconds")
      assert.deepStrictEqual(yield* Fiber.join(looking), [
        "node NODE_TOO_OLD",
        "configuration CONFIG_UNREADABLE",
        "files CHECK_TIMED_OUT"
      ])
    })
  )

  it.effect("says of a journal that was not looked through in time that it was not", () =>
    Effect.gen(function* () {
      assert.include(yield* examine({ journal: Effect.succeed(null) }), "journal CHECK_TIMED_OUT")
    })
  )
})
