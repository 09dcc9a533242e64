/** Owns the words of a new project's configuration: a commented set that fits the models found; it writes nothing. */
import type { ModelName } from "../../domain/Ids.ts"
import type { FileName } from "../../domain/config/Settings.ts"
import type { Surroundings } from "../../ports/Project.ts"

const MODES = ["executor", "explorer", "synthesizer", "visionary", "fast", "draft", "data", "steward"]
/** `local:` and the name must fit into one target. */
const MAX_MODEL_LENGTH = 128 - "local:".length

/** The text of each file. What it leaves out keeps its default. */
export const starter = (found: Surroundings): ReadonlyMap<FileName, string> => {
  const [first, second = first] = found.models.filter((model) => model.length <= MAX_MODEL_LENGTH)
  const models = first === undefined || second === undefined ? null : { executor: first, challenger: second }
  return new Map([
    ["providers.yaml", providers(found, models !== null)],
    ["routing_table.yaml", routing(models)],
    ["runtime.yaml", runtime(models)],
    ["persona.yaml", PERSONA],
    ["user_profile.yaml", PROFILE],
    ["memory_packs.yaml", MEMORY]
  ])
}

interface Models {
  readonly executor: ModelName
  readonly challenger: ModelName
}

const providers = (found: Surroundings, online: boolean): string => `\
# Who may answer. What is said here counts after \`io3 init\` or \`io3 trust\`, and a change has to be trusted again.
providers:
  ollama:
${online ? "" : "    # No local model was found. Turn this on once one is there, and name it in routing_table.yaml.\n"}\
    enabled: ${online}
${found.baseUrl === null ? "    # base_url: http://127.0.0.1:11434" : `    base_url: ${JSON.stringify(found.baseUrl)}`}
    # The context window asked for, in tokens. One value for all models: another one would load a model again.
    num_ctx: 8192
  # Services, named in routing_table.yaml as openai:<model> and anthropic:<model>. Their keys are in the environment
  # (OPENAI_API_KEY, ANTHROPIC_API_KEY). \`openai\` is also any server that speaks its chat API: docs/providers.md of io-iii.
  # openai:
  #   enabled: true
  #   base_url: http://127.0.0.1:8080 # a server of your own
  # anthropic:
  #   enabled: true
`

const routing = (models: Models | null): string => {
  const executor = models === null ? "null:stand-in" : `local:${models.executor}`
  const challenger = models === null ? "null:stand-in" : `local:${models.challenger}`
  const mode = (name: string, target: string) =>
    `    ${name}:\n      primary: ${JSON.stringify(target)}\n      secondary: ${JSON.stringify(target)}\n`
  return `\
# Which model answers in which mode: <namespace>:<model>. \`local\` is the local Ollama, \`null\` the built-in stand-in.
${models === null ? "# No local model was found: the stand-in answers, and says so. With a model: local:<name>, e.g. local:qwen3:8b.\n" : ""}\
# \`secondary\` is tried once, and the try is announced, when nothing came of \`primary\`.
routing_table:
  modes:
${MODES.map((name) => mode(name, executor)).join("")}\
    # Who audits. It should be another model than the executor's.
${mode("challenger", challenger)}`
}

const runtime = (models: Models | null): string => `\
# Bounds of a run. Every key and its default: docs/configuration.md of io-iii.
${
  models !== null && models.executor !== models.challenger
    ? "constellation:\n  allow_same_model: false\n"
    : `\
# ${
        models === null
          ? "There is no model yet: executor and challenger are both the stand-in."
          : "Executor and challenger share the one local model: each verdict says that it is not independent."
      }
# Set this to false once the challenger has a model of its own.
constellation:
  allow_same_model: true
`
}
# Most tokens of one answer, thinking included; smaller than num_ctx.
# max_output_tokens: 4096

# Modes that are audited without being asked.
# audit:
#   default_modes: [executor]
`

const PERSONA = `\
# Who speaks. These words go into the system prompt and into no record. Remove a leading "# " to change a default.
# identity:
#   name: IO-III
#   style: Be plain, exact and brief. Say what you do not know.
`

const PROFILE = `\
# What the model is told about you. Remove a leading "# " to say something.
# user:
#   name: Ada
#   role: engineer
#   expertise: [compilers, typography]
#   preferences:
#     language: British English
#   notes: Prefers tables to prose.
`

const MEMORY = `\
# What runs may be told again: io3 memory write SCOPE KEY. A pack names records; --pack reads them, io3 memory packs lists them.
# Who may read what: memory_retrieval_policy.yaml. Remove a leading "# " to declare one; a list replaces the packaged one.
# packs:
#   - id: pack.project
#     scope: project
#     keys: [glossary, style.language]

# Read where nobody names a pack: by mode in runs, and in sessions that begin from then on.
# defaults:
#   modes:
#     executor: [pack.project]
#   sessions: [pack.project]
`
