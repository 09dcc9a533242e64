/** Owns the server's routes on one page: the contract with its handlers, what guards them, and the documents of the contract. */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { Logins as CoreLogins } from "../core/access/Logins.ts"
import { Claims } from "../core/run/Claims.ts"
import { Uploads } from "../core/run/Uploads.ts"
import { hostsOf, isLoopback } from "../domain/server/Admission.ts"
import { Configuration } from "../ports/Configuration.ts"
import { Entrance } from "../core/access/Entrance.ts"
import { DOCUMENT } from "./Door.ts"
import * as Entry from "./Entry.ts"
import { Files } from "./Files.ts"
import { Gate } from "./Gate.ts"
import * as Guard from "./Guard.ts"
import { Ledger } from "./Ledger.ts"
import { Lives } from "./Lives.ts"
import { Logins } from "./Logins.ts"
import * as Observed from "./Observed.ts"
import * as Once from "./Once.ts"
import { OpenAi } from "./OpenAi.ts"
import * as Page from "./Page.ts"
import * as Recovering from "./Recovering.ts"
import { Room } from "./Room.ts"
import { Runbooks } from "./Runbooks.ts"
import { Runs } from "./Runs.ts"
import { Serving } from "./Serving.ts"
import { Sessions } from "./Sessions.ts"
import { Steward } from "./Steward.ts"
import { System } from "./System.ts"

const handlers = Layer.mergeAll(System, Runs, Sessions, Steward, Runbooks, Ledger, OpenAi, Files, Logins)

const routes = (hosts: ReadonlySet<string>) =>
  HttpApiBuilder.layer(Api, { openapiPath: DOCUMENT }).pipe(
    Layer.provide(handlers),
    Layer.merge(Page.layer),
    Layer.provide(Once.layer),
    Layer.provide(Layer.mergeAll(Claims.layer, Uploads.layer, CoreLogins.layer)),
    Layer.provide(Entry.layer),
    Layer.provide(Guard.layer(hosts)),
    // Around everything: what was built first is outermost.
    Layer.provide(Observed.layer)
  )

const serving = (host: string) =>
  Layer.effect(
    Serving,
    Effect.gen(function* () {
      const { address } = yield* HttpServer.HttpServer
      const { open } = yield* Gate
      const lives = yield* Lives
      const { isClosed } = yield* Entrance
      const { settings } = yield* Configuration
      const port = "port" in address ? address.port : 0
      const name = host.includes(":") ? `[${host}]` : host
      return {
        url: `http://${name}:${port}`,
        letsTextOut: open !== null,
        wantsTokens: isClosed,
        isUnnamed: !isLoopback(host) && (settings.runtime.server?.hosts ?? []).length === 0,
        underWay: lives.underWay,
        drain: lives.drain
      }
    })
  )

/** Serves the contract on what listens at this host. */
export const layer = (host: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { address } = yield* HttpServer.HttpServer
      const { settings } = yield* Configuration
      const port = "port" in address ? address.port : 0
      const hosts = hostsOf(host, port, settings.runtime.server?.hosts ?? [])
      return HttpRouter.serve(routes(hosts), { disableLogger: true, disableListenLog: true })
    })
  ).pipe(
    Layer.merge(serving(host)),
    Layer.merge(Recovering.layer),
    Layer.provide(Gate.layer(host)),
    Layer.provide(Room.layer),
    Layer.provide(Lives.layer)
  )
