/**
 * What no endpoint can do: be there without saying for whom. Each line below a mark must fail to compile; when one compiles, the
 * mark itself is the error. The functions are never called.
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { Caller, declared, MaySee } from "../../src/api/Access.ts"
import type { Address } from "../../src/domain/server/Address.ts"
import * as Listener from "../../src/adapters/server/Listener.ts"

const said = HttpApiEndpoint.get("said", "/said").middleware(MaySee)
const silent = HttpApiEndpoint.get("silent", "/silent")
const whole = HttpApi.make("whole").add(HttpApiGroup.make("one").add(said))
const partly = HttpApi.make("partly").add(HttpApiGroup.make("one").add(said, silent))

export const contracts = (): ReadonlyArray<unknown> => [
  declared(whole),
  // @ts-expect-error TS2741: one of its endpoints is for nobody knows whom
  declared(partly)
]

/** Who asks is known where somebody was asked, and nowhere else: this layer still wants a `Caller`. */
export const handlers = () =>
  HttpApiBuilder.group(partly, "one", (all) =>
    all.handleAll({
      said: () => Effect.asVoid(Caller),
      silent: () => Effect.asVoid(Caller)
    })
  )

export const listeners = (address: Address): ReadonlyArray<unknown> => [
  Listener.layer(address),
  // @ts-expect-error TS2741: an address that anybody has written down is none
  Listener.layer({ host: "0.0.0.0", port: 8080 }),
  // @ts-expect-error TS2741: nor is a copy of one
  Listener.layer({ ...address, host: "0.0.0.0" })
]
