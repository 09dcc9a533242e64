/** Owns the endpoints about the installation: whether it is there, what it can do, how it is configured. None of them runs anything. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Mode } from "../domain/Ids.ts"
import { Account } from "../domain/run/Account.ts"
import { Anybody, MaySee } from "./Access.ts"
import { anywhere, problems } from "./Problem.ts"
import { CapabilitiesOutput } from "./results/CapabilityResults.ts"
import { ConfigOutput, GreetingOutput } from "./results/SystemResults.ts"
import { DiagnosisOutput } from "./results/DoctorResults.ts"
import { RecordsOutput, PacksOutput } from "./results/MemoryResults.ts"
import { RouteOutput } from "./results/RunResults.ts"
import { pages } from "./Runs.ts"

const Alive = Schema.Struct({ status: Schema.Literal("ok") })
const readiness = <const Status extends string>(status: Status) =>
  Schema.Struct({ status: Schema.Literal(status), runtime: Schema.Literal("io-iii") })
const Ready = [readiness("ok"), readiness("draining").pipe(HttpApiSchema.status(503))] as const

/** What Prometheus reads. */
const Exposition = Schema.String.pipe(
  HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" })
)

export class System extends HttpApiGroup.make("system", { topLevel: true }).add(
  HttpApiEndpoint.get("livez", "/livez", { success: Alive, error: problems(403, 421) }).middleware(Anybody),
  HttpApiEndpoint.get("readyz", "/readyz", {
    success: Ready,
    error: problems(403, 421)
  }).middleware(Anybody),
  HttpApiEndpoint.get("health", "/health", { success: Ready, error: problems(403, 421) }).middleware(Anybody),
  HttpApiEndpoint.get("metrics", "/metrics", {
    success: Exposition,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("greeting", "/greeting", {
    success: GreetingOutput,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("capabilities", "/capabilities", {
    success: CapabilitiesOutput,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("routes", "/route", {
    success: Schema.Array(RouteOutput),
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("route", "/route/:mode", {
    params: { mode: Mode },
    success: RouteOutput,
    error: problems(...anywhere, 404)
  }).middleware(MaySee),
  HttpApiEndpoint.get("config", "/config", {
    success: ConfigOutput,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("budgets", "/budgets", { success: Account, error: problems(...anywhere) }).middleware(
    MaySee
  ),
  HttpApiEndpoint.get("memory", "/memory", {
    query: pages,
    success: RecordsOutput,
    error: problems(...anywhere)
  }).middleware(MaySee),
  HttpApiEndpoint.get("doctor", "/doctor", {
    success: DiagnosisOutput,
    error: problems(...anywhere)
  }).middleware(MaySee),
  /** The document of the contract, to be read. */
  HttpApiEndpoint.get("docs", "/docs", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/html; charset=utf-8" })),
    error: problems(...anywhere)
  }).middleware(Anybody),
  HttpApiEndpoint.get("packs", "/memory/packs", {
    success: PacksOutput,
    error: problems(...anywhere)
  }).middleware(MaySee)
) {}
