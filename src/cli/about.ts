/** Owns `io3 about`: what this is, where it keeps things, and the rules that do not bend. */
import { Effect, Schema } from "effect"
import { MAX_AUDIT_PASSES, MAX_DRAFTS, MAX_REVISION_PASSES } from "../domain/run/Bounds.ts"
import { Count } from "../domain/Ids.ts"
import { Project } from "../ports/Project.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"
import { shellWord } from "./ShellWord.ts"
import { VERSION } from "./version.ts"

export const AboutOutput = Schema.Struct({
  identity: Schema.Literal("io-iii"),
  version: Schema.String,
  locations: Schema.Struct({ data: Schema.String, user: Schema.String, project: Schema.String }),
  bounds: Schema.Struct({ drafts: Count, audits: Count, revisions: Count }),
  routing_contract: Schema.Struct({
    target_format: Schema.Literal("namespace:model"),
    namespace_mapping: Schema.Struct({ local: Schema.Literal("ollama") })
  })
})

export const about = Effect.fn(function* () {
  const { output } = yield* root
  const { data, userConfig, projectConfig } = (yield* Project).folders
  const facts: typeof AboutOutput.Type = {
    identity: "io-iii",
    version: VERSION,
    locations: { data, user: userConfig, project: projectConfig },
    bounds: { drafts: MAX_DRAFTS, audits: MAX_AUDIT_PASSES, revisions: MAX_REVISION_PASSES },
    routing_contract: { target_format: "namespace:model", namespace_mapping: { local: "ollama" } }
  }
  yield* print(output, AboutOutput, facts, describe)
})

const describe = ({ version, locations, bounds }: typeof AboutOutput.Type): string =>
  [
    `io-iii ${version}: a governed LLM runtime`,
    `data     ${shellWord(locations.data)}`,
    `user     ${shellWord(locations.user)}`,
    `project  ${shellWord(locations.project)}`,
    `bounds   ${bounds.drafts} draft, ${bounds.audits} audit, ${bounds.revisions} revision per run`
  ].join("\n")
