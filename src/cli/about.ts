/** Owns `io3 about`: what this is, where it keeps things, and the rules that do not bend. It reads no configuration. */
import { Effect, Schema } from "effect"
import { MAX_AUDIT_PASSES, MAX_DRAFTS, MAX_REVISION_PASSES } from "../domain/run/Bounds.ts"
import { Phase } from "../domain/Failure.ts"
import { Count, ProviderName, Target } from "../domain/Ids.ts"
import { parseTarget, RUNBOOK_MAX_STEPS } from "../domain/run/Route.ts"
import { MAX_ATTEMPTS } from "../domain/run/Run.ts"
import { Machine } from "../ports/Machine.ts"
import { Project, Trust } from "../ports/Project.ts"
import { Providers } from "../ports/Provider.ts"
import { CommandTree, Listed } from "./CommandTree.ts"
import { columns, counted } from "./Facts.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"
import { shellWord } from "./ShellWord.ts"
import { VERSION } from "../domain/Version.ts"

export const AboutOutput = Schema.Struct({
  identity: Schema.Literal("io-iii"),
  version: Schema.String,
  system: Schema.Struct({ node: Schema.String, platform: Schema.String, architecture: Schema.String }),
  locations: Schema.Struct({
    data: Schema.String,
    journal: Schema.String,
    user: Schema.String,
    project: Schema.String
  }),
  /** How the provider settings of the project folder stand. */
  trust: Trust,
  /** Null where nothing is on record, or it cannot be counted without touching it. */
  record: Schema.NullOr(Schema.Struct({ runs: Count, sessions: Count })),
  /** The stages of a run in their order; each ends it where it fails. */
  execution_chain: Schema.Array(Phase),
  bounds: Schema.Struct({
    drafts: Count,
    audits: Count,
    revisions: Count,
    /** Processes that may go on with one run after another. */
    attempts: Count,
    runbook_steps: Count
  }),
  routing_contract: Schema.Struct({
    target_format: Schema.Literal("namespace:model"),
    example: Target,
    /** A namespace that stands for another provider; every other one is the name of its own. */
    namespace_mapping: Schema.Struct({ local: ProviderName })
  }),
  providers: Schema.Array(ProviderName),
  logging_policy: Schema.Struct({
    content: Schema.Literal("never"),
    local_only: Schema.Literal(true),
    metadata: Schema.String
  }),
  /** The hosts that hear of runs what OpenTelemetry is told, and never what was said; null for nobody. */
  telemetry: Schema.Struct({ traces: Schema.NullOr(Schema.String), metrics: Schema.NullOr(Schema.String) }),
  commands: Schema.Array(Listed)
})
type Facts = typeof AboutOutput.Type

/** What somebody else's process does with what one left, is no stage of a run. */
const chain = Phase.literals.filter((phase) => phase !== "recovery")
const EXAMPLE = Target.make("local:qwen3:8b")

export const about = Effect.fn(function* () {
  const { output } = yield* root
  const { paths, system, tally, telemetry } = yield* Machine
  const { provider: local } = yield* Effect.fromResult(parseTarget(EXAMPLE))
  const facts: Facts = {
    identity: "io-iii",
    version: VERSION,
    system,
    locations: {
      data: paths.data,
      journal: paths.journal,
      user: paths.user_config,
      project: paths.project_config
    },
    trust: yield* (yield* Project).trusted,
    record: yield* tally,
    execution_chain: chain,
    bounds: {
      drafts: MAX_DRAFTS,
      audits: MAX_AUDIT_PASSES,
      revisions: MAX_REVISION_PASSES,
      attempts: MAX_ATTEMPTS,
      runbook_steps: RUNBOOK_MAX_STEPS
    },
    routing_contract: {
      target_format: "namespace:model",
      example: EXAMPLE,
      namespace_mapping: { local }
    },
    providers: [...(yield* Providers).supported],
    logging_policy: { content: "never", local_only: true, metadata: paths.metadata },
    telemetry: { traces: telemetry.traces, metrics: telemetry.metrics },
    commands: (yield* CommandTree).commands
  }
  yield* print(output, AboutOutput, facts, describe)
})

const trusted: Readonly<Record<Trust, string>> = {
  absent: "no configuration is there",
  free: "nothing in it has to be trusted",
  named: "trusted, as it was named",
  trusted: "trusted",
  untrusted: "its provider settings are not trusted: io3 trust",
  unreadable: "it cannot be read: io3 validate"
}

/** Only what there is. */
const told = ({ traces, metrics }: Facts["telemetry"]): string | null => {
  const said = [traces && `traces to ${traces}`, metrics && `metrics to ${metrics}`].filter(
    (part) => part !== null
  )
  return said.length === 0 ? null : `${said.join(", ")}; content never`
}

const describe = ({
  version,
  system,
  locations,
  trust,
  record,
  execution_chain,
  bounds,
  ...more
}: Facts): string =>
  [
    `io-iii ${version}: a governed LLM runtime`,
    ...columns([
      ["node", `${system.node} on ${system.platform} ${system.architecture}`],
      ["data", shellWord(locations.data)],
      ["journal", shellWord(locations.journal)],
      ["record", record && `${counted(record.runs, "run")}, ${counted(record.sessions, "session")}`],
      ["user", shellWord(locations.user)],
      ["project", `${shellWord(locations.project)} (${trusted[trust]})`],
      ["a run", execution_chain.join(" → ")],
      [
        "bounds",
        `${bounds.drafts} draft, ${bounds.audits} audit, ${bounds.revisions} revision per run; ${bounds.runbook_steps} steps per runbook`
      ],
      [
        "routes",
        `${more.routing_contract.target_format}, e.g. ${more.routing_contract.example}; local is ${more.routing_contract.namespace_mapping.local}`
      ],
      ["providers", more.providers.join(", ")],
      [
        "logging",
        `content never; metadata in ${shellWord(more.logging_policy.metadata)}, on this machine alone`
      ],
      ["telemetry", told(more.telemetry)],
      ["commands", more.commands.map(({ command }) => command).join(", ")]
    ])
  ].join("\n")
