/** Owns the sentences of the system's part of the page. */
import { counted } from "./counted.ts"

export const system = {
  title: "System",
  about: "What this server is, what it may use, and what stands in its way.",
  again: "Look again",
  health: {
    title: "Health",
    looking: "Looking at the installation",
    sound: "Nothing is wrong",
    soundWithNotes: "Nothing is wrong, but read this",
    faults: (count: number) => counted(count, "thing is wrong", "things are wrong"),
    severities: { fault: "fault", warning: "warning", note: "note" },
    times: (count: number) => `${count} times`,
    fix: "What helps",
    limit: (actual: string, allowed: string) => `${actual}, where ${allowed} are allowed`,
    command: "On the server's machine, “io3 doctor” says of which file or name it is, and what to type.",
    checks: {
      node: "Node",
      data: "Data folder",
      keys: "Keys",
      journal: "Journal",
      clock: "Clock",
      budgets: "Budgets",
      configuration: "Configuration",
      files: "Files",
      constellation: "Models together",
      models: "Providers",
      memory: "Memory",
      capabilities: "Capabilities",
      tokens: "Tokens",
      telemetry: "Telemetry",
      webhooks: "Webhooks"
    } as Readonly<Record<string, string>>,
    passed: "Found in order",
    now: (said: string) => `Looked at the installation: ${said}.`
  },
  first: {
    title: "No model yet",
    about:
      "The built-in stand-in answers, so that everything can be tried. For real answers, three steps on the server's machine:",
    install: "Install Ollama, which runs models on your own machine",
    installOn: {
      linux: { name: "Linux", command: "curl -fsSL https://ollama.com/install.sh | sh" },
      mac: { name: "macOS", command: "brew install ollama && brew services start ollama" },
      windows: { name: "Windows", command: "winget install Ollama.Ollama" }
    },
    system: "Which system?",
    pull: "Get a model, and a second one that audits the first",
    pullCommands: ["ollama pull qwen3:4b", "ollama pull mistral"],
    init: "Write a configuration for what is there, in the folder you start the server in",
    initCommand: "io3 init",
    initHint:
      "If it was run before there was a model: io3 init --replace. In a clone of the repository: npm start -s -- init.",
    next: {
      none: "Then start the server again (Ctrl-C, and io3 serve or npm start): it reads its configuration when it starts.",
      offline:
        "This server was started with --offline, so that it asks no model. Start it without, and it looks for one.",
      restart:
        "A model is configured now. Start the server again (Ctrl-C, and io3 serve or npm start): it still runs with what it read when it started."
    },
    again: "Try again",
    still: {
      none: "Still no model is configured.",
      offline: "It still runs with --offline.",
      restart: "It has not been started again yet."
    },
    copy: (command: string) => `Copy ${command}`
  },
  routes: {
    title: "Routes",
    about: "Which model answers in each mode, and which one stands in for it.",
    none: "No mode has a route.",
    challenger: "audits",
    standIn: "the stand-in",
    primary: "asked first",
    fallback: "else",
    reason: (reason: string) => `fallback: ${reason}`
  },
  budgets: {
    title: "Budgets",
    about: (principal: string, hours: string) =>
      `What ${principal} has spent in the last ${hours} hours, and what is reserved for runs under way.`,
    calls: "Calls",
    tokens: "Tokens",
    spent: (spent: string, reserved: string | null) =>
      reserved === null ? spent : `${spent} and ${reserved} reserved`,
    of: (used: string, limit: string) => `${used} of ${limit}`,
    unlimited: (used: string) => `${used}, no limit`,
    next: (calls: string, tokens: string, at: string) =>
      `${calls} calls and ${tokens} tokens come back ${at}.`
  },
  packs: {
    title: "Memory packs",
    none: "There is no memory pack.",
    noneHint: "memory_packs.yaml names them; io3 memory write fills them.",
    about: (chars: string) => `Up to ${chars} characters of memory go into one context.`,
    records: (there: number, all: number) => `${there} of ${all} records written`,
    empty: "names no record",
    defaultOf: (modes: string) => `default of ${modes}`,
    sessions: "default of sessions",
    includes: (packs: string) => `with ${packs}`,
    missing: "not written yet"
  },
  capabilities: {
    title: "Capabilities",
    about: "What a run may invoke before a model is asked. Each is bounded.",
    none: "There is no capability.",
    bounds: (time: string, input: string, output: string) => `${time}, ${input} characters in, ${output} out`,
    pure: "no side effects",
    effects: "side effects allowed"
  },
  config: {
    title: "Configuration",
    about: "Every value that is set, and where it comes from. The server read it when it started.",
    search: "Search keys and values",
    columns: { key: "Key", value: "Value", origin: "From" },
    origins: {
      packaged: "packaged",
      user: "user",
      project: "project",
      environment: "environment",
      flag: "flag"
    } as Readonly<Record<string, string>>,
    found: (count: number) => counted(count, "value"),
    own: (count: number) => `${count} of your own`,
    none: "No value is like that."
  },
  who: {
    title: "Who you are",
    version: "Version",
    principal: "Principal",
    role: "Role",
    roles: {
      operator: "asks: starts runs and sessions, and reads their answers",
      steward: "decides: sees what is held, and lets it out or not",
      viewer: "looks: sees what is on record, without a word of anybody"
    },
    local: "No token is needed here: whoever is at this machine may do everything.",
    tokens:
      "Others come in with a token of one of these roles; “io3 token create” makes one, “io3 token login” a link for a browser.",
    content: "Texts leave over HTTP",
    yes: "yes",
    no: "no"
  }
}
