/** Owns what the page knows of the contract: types alone, so that none of what makes them is sent to a browser. */
import type { Schema } from "effect"
import type { HttpApi, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import type {
  Api,
  InboxEvent as InboxEventSchema,
  Problem as ProblemSchema,
  StreamEvent as StreamEventSchema
} from "../../client.ts"

type Groups = typeof Api extends HttpApi.HttpApi<string, infer Group> ? Group : never
type GroupName = Groups["identifier"]
type EndpointsOf<Name extends GroupName> = HttpApiGroup.Endpoints<HttpApiGroup.WithIdentifier<Groups, Name>>

/** An endpoint by its group and name, e.g. `sessions.turn`. */
export type Operation = {
  [Name in GroupName]: `${Name}.${EndpointsOf<Name>["identifier"]}`
}[GroupName]

type EndpointOf<Name extends Operation> = Name extends `${infer Group}.${infer Endpoint}`
  ? Group extends GroupName
    ? HttpApiEndpoint.WithIdentifier<EndpointsOf<Group>, Endpoint>
    : never
  : never

/** What a schema looks like as JSON. That an endpoint is spoken of in JSON hides what the JSON is; the schema within says it. */
type Json<S> = S extends Schema.toCodecJson<infer Inner> ? Inner["Encoded"] : never
type Plain<T> = T extends object ? T : never

/** What an operation answers with, as JSON. */
export type Answer<Name extends Operation> = Plain<Json<HttpApiEndpoint.Success<EndpointOf<Name>>>>
/** What its body is, as JSON. */
export type Body<Name extends Operation> = Json<HttpApiEndpoint.Payload<EndpointOf<Name>>>

/** How an operation is asked for: checked against the contract, to the letter. */
export type Line<Name extends Operation> = readonly [
  method: EndpointOf<Name>["method"],
  path: EndpointOf<Name>["path"]
]

export type Problem = (typeof ProblemSchema)["Encoded"]
export type Code = Problem["code"]
export type StreamEvent = (typeof StreamEventSchema)["Type"]
export type InboxEvent = (typeof InboxEventSchema)["Type"]
