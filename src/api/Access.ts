/**
 * Owns what an endpoint says about who may use it. Each says one of these, or the contract does not compile; whoever is let in is
 * the handler's `Caller`.
 */
import { Context } from "effect"
import { type HttpApi, type HttpApiEndpoint, type HttpApiGroup, HttpApiMiddleware } from "effect/http-api"
import type { Permission } from "../domain/access/Role.ts"
import type { Bearer } from "../domain/access/Token.ts"
import { problems } from "./Problem.ts"

/** Whose request it is. */
export class Caller extends Context.Service<Caller, Bearer>()("io-iii/api/Access/Caller") {}

const refusals = { error: problems(401, 403, 429) }

/** Whoever reaches the server, without a token too. */
export class Anybody extends HttpApiMiddleware.Service<Anybody>()("io-iii/api/Access/Anybody", {
  error: problems(429)
}) {}

/** What is on record, without a word of anybody: every role. */
export class MaySee extends HttpApiMiddleware.Service<MaySee, { provides: Caller }>()(
  "io-iii/api/Access/MaySee",
  refusals
) {}

/** Texts that have left: operators and stewards. */
export class MayRead extends HttpApiMiddleware.Service<MayRead, { provides: Caller }>()(
  "io-iii/api/Access/MayRead",
  refusals
) {}

/** Runs, and what belongs to a conversation: operators. */
export class MayRun extends HttpApiMiddleware.Service<MayRun, { provides: Caller }>()(
  "io-iii/api/Access/MayRun",
  refusals
) {}

/** What is held, and what becomes of it: stewards. */
export class MayDecide extends HttpApiMiddleware.Service<MayDecide, { provides: Caller }>()(
  "io-iii/api/Access/MayDecide",
  refusals
) {}

type Declaration = Anybody | MaySee | MayRead | MayRun | MayDecide

/** What each of them asks for; null for nothing. */
const asked: ReadonlyMap<unknown, Permission | null> = new Map<unknown, Permission | null>([
  [Anybody, null],
  [MaySee, "see"],
  [MayRead, "read"],
  [MayRun, "run"],
  [MayDecide, "decide"]
])

/** What an endpoint asks for; null for nothing. One that says nothing is there for nobody: undefined. */
export const askedBy = ({
  middlewares
}: Pick<HttpApiEndpoint.Top, "middlewares">): Permission | null | undefined => {
  const declared = [...middlewares].find((one) => asked.has(one))
  return declared === undefined ? undefined : asked.get(declared)
}

/** The endpoints of a group that do not say who may use them. */
type SilentIn<Group extends HttpApiGroup.Constraint> = {
  readonly [Name in keyof Group["endpoints"]]: [
    Extract<HttpApiEndpoint.Middleware<Group["endpoints"][Name]>, Declaration>
  ] extends [never]
    ? Name
    : never
}[keyof Group["endpoints"]]

/** The endpoints of a contract that do not say who may use them; never, where each does. */
type Silent<Api> =
  Api extends HttpApi.HttpApi<string, infer Groups>
    ? Groups extends HttpApiGroup.Constraint
      ? SilentIn<Groups>
      : never
    : never

/** The contract, each of whose endpoints says who may use it; of another one the compiler names those that do not. */
export const declared = <Api>(
  api: [Silent<Api>] extends [never] ? Api : { readonly says_not_who_may_use_it: Silent<Api> }
): Api => api as Api
