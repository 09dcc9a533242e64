/** Owns each way in which each command is told words by the canary sweep, how it ends then, and which of them it may show. */
import { inputScenes } from "./canaryInputs.ts"
import type { Action } from "../../src/domain/session/Turn.ts"
import { type Place, words } from "./canary.ts"

/** Where a person may be told of their own folders, on standard output. */
export const FOLDERS: ReadonlyArray<Place> = ["folder", "data", "configFolder"]

/** The runs of a scene, and files that hold what was said. */
export interface Given {
  readonly released: string
  readonly refused: string
  readonly erased: string
  /** A session with that one turn. */
  readonly session: string
  /** A runbook with that one step. */
  readonly runbook: string
  /** One held turn for each thing that can be done with it: its id, and the digest of its text. */
  readonly held: Readonly<Record<Action, readonly [run: string, digest: string]>>
  readonly text: string
  /** The same in a file that says it is something else. */
  readonly pdf: string
  readonly out: (name: string) => string
}

export interface Invocation {
  readonly args: (given: Given) => ReadonlyArray<string>
  readonly code?: number
  /** The words that may be on standard output; on standard error, never any. */
  readonly shows?: ReadonlyArray<Place>
  readonly stdin?: string
}

const says0 = (...args: ReadonlyArray<string>): Invocation => ({ args: () => args })

const deciding = (action: Action, held: Given["held"]): ReadonlyArray<string> => {
  const [run, digest] = held[action]
  return ["steward", action, run, "--digest", digest]
}

/** A file of one step. */
export const runbookOf = (more: object): string =>
  JSON.stringify({ steps: [{ mode: "executor", prompt: words.prompt, ...more }] })

/** Each command in its ways to go well and, where its arguments make it fail, in those. */
export const invocations: Readonly<Record<string, ReadonlyArray<Invocation>>> = {
  run: [
    { args: () => ["run", "executor", "-o", "json"], stdin: words.prompt, shows: ["answer"] },
    { args: () => ["run", "executor", "--raw", "--no-stream", "--prompt", words.prompt], shows: ["answer"] },
    says0("run", "executor", "--dry-run", "--prompt", words.prompt),
    { args: ({ text }) => ["run", "executor", "--file-context", text, "-p", "ask"], shows: ["answer"] },
    { args: ({ pdf }) => ["run", "executor", "--file-context", pdf, "-p", words.prompt], code: 2 },
    says0("run", "executor", "--dry-run", "--prompt", words.prompt, "-o", "json")
  ],
  chat: [
    {
      args: () => ["chat", "--title", words.typed],
      stdin: `${words.prompt}\n/status\n/${words.typed}\n/title ${words.typed}\n`,
      code: 2,
      shows: ["answer"]
    },
    {
      args: () => ["chat", "-o", "json"],
      stdin: `${words.prompt}\n/history\n/close\n`,
      shows: ["prompt", "answer"]
    },
    // Of a session that another of these may be having: its title is shown to whoever gave it.
    { args: () => ["chat", "-c"], stdin: "/history\n", shows: ["prompt", "answer", "typed"] }
  ],
  capabilities: [says0("capabilities"), says0("capabilities", "--json")],
  ...inputScenes,
  // What a server says to those who ask it is looked at where it is asked.
  serve: [{ args: () => ["serve", "--host", words.typed], code: 2 }],
  route: [says0("route"), says0("route", "executor", "-o", "json")],
  "config show": [
    { args: () => ["config", "show", "--origin"], shows: ["url"] },
    { args: () => ["config", "show", "-o", "json"], shows: ["url"] }
  ],
  "ledger show": [
    says0("ledger", "show"),
    says0("ledger", "show", "config", "-o", "json"),
    { args: ({ refused }) => ["ledger", "show", refused, "-o", "json"] }
  ],
  "ledger verify": [
    says0("ledger", "verify", "--texts"),
    { args: ({ released }) => ["ledger", "verify", released, "-o", "json"] },
    { args: ({ text }) => ["ledger", "verify", "--export", text], code: 1 },
    { args: ({ text }) => ["ledger", "verify", "--checkpoint", text], code: 1 },
    { args: ({ text }) => ["ledger", "verify", "--public-key", text], code: 2 },
    { args: ({ out }) => ["ledger", "verify", "--export", out("none")], code: 2 }
  ],
  "ledger checkpoint": [
    says0("ledger", "checkpoint"),
    { args: ({ out }) => ["ledger", "checkpoint", out("checkpoint")] },
    { args: ({ text }) => ["ledger", "checkpoint", text], code: 2 }
  ],
  "ledger export": [
    says0("ledger", "export"),
    { args: ({ out }) => ["ledger", "export", out("export")] },
    { args: ({ text }) => ["ledger", "export", text], code: 2 }
  ],
  "ledger key": [says0("ledger", "key"), says0("ledger", "key", "-o", "json")],
  "ledger backup": [
    { args: ({ out }) => ["ledger", "backup", out("backup")] },
    { args: ({ text }) => ["ledger", "backup", text], code: 2 }
  ],
  "ledger project": [
    says0("ledger", "project"),
    { args: ({ out }) => ["ledger", "project", "--out", out("projection")] },
    { args: ({ text }) => ["ledger", "project", "--out", text], code: 2 }
  ],
  "receipt show": [
    { args: ({ released }) => ["receipt", "show", released] },
    { args: ({ released }) => ["receipt", "show", released, "-o", "json"] },
    { args: ({ refused }) => ["receipt", "show", refused], code: 1 }
  ],
  "receipt verify": [
    { args: ({ released }) => ["receipt", "verify", released, "--text", "-"], stdin: words.answer },
    { args: ({ released, text }) => ["receipt", "verify", released, "--text", text], code: 1 },
    { args: ({ released, out }) => ["receipt", "verify", released, "--text", out("none")], code: 2 },
    { args: ({ text }) => ["receipt", "verify", "--disclosure", text, "--text", text], code: 1 },
    { args: ({ erased, text }) => ["receipt", "verify", erased, "--text", text, "-o", "json"], code: 1 }
  ],
  "receipt disclose": [
    { args: ({ released }) => ["receipt", "disclose", released] },
    { args: ({ released, out }) => ["receipt", "disclose", released, out("disclosure")] },
    { args: ({ erased }) => ["receipt", "disclose", erased], code: 1 }
  ],
  "runbook run": [
    { args: () => ["runbook", "run", "-"], stdin: runbookOf({}), shows: ["answer"] },
    {
      args: () => ["runbook", "run", "-", "-o", "json", "--audit"],
      stdin: runbookOf({}),
      code: 1
    },
    {
      args: () => ["runbook", "run", "-", "-o", "ndjson", "--session-mode", "steward"],
      stdin: runbookOf({
        capabilities: ["cap.json_pretty"],
        capability_payload: { [words.typed]: words.typed }
      }),
      code: 3
    },
    { args: () => ["runbook", "run", "-"], stdin: runbookOf({ mode: words.typed }), code: 2 },
    { args: ({ text }) => ["runbook", "run", text, "-o", "json"], code: 2 },
    { args: () => ["runbook", "run", "-", "--persona-mode", words.typed], stdin: runbookOf({}), code: 2 }
  ],
  "runbook bounds": [
    { args: () => ["runbook", "bounds", "-"], stdin: runbookOf({}) },
    {
      args: () => ["runbook", "bounds", "-", "-o", "json", "--session-mode", "steward"],
      stdin: runbookOf({})
    },
    { args: ({ out }) => ["runbook", "bounds", out("none")], code: 2 }
  ],
  "runbook list": [says0("runbook", "list"), says0("runbook", "list", "-o", "json")],
  "runbook show": [
    { args: ({ runbook }) => ["runbook", "show", runbook] },
    { args: ({ runbook }) => ["runbook", "show", runbook, "-o", "json"] },
    { args: ({ runbook }) => ["runbook", "show", runbook, "--text"], shows: ["answer"] },
    { args: () => ["runbook", "show", words.typed], code: 1 }
  ],
  "runbook check": [
    { args: () => ["runbook", "check", "-"], stdin: runbookOf({ metadata: { [words.typed]: words.typed } }) },
    { args: () => ["runbook", "check", "-", "-o", "json"], stdin: runbookOf({}) },
    { args: () => ["runbook", "check", "-"], stdin: runbookOf({ [words.typed]: words.typed }), code: 2 },
    { args: () => ["runbook", "check", "-", "-o", "json"], stdin: `- ${words.typed}: [`, code: 2 },
    { args: ({ text }) => ["runbook", "check", text], code: 2 },
    { args: ({ out }) => ["runbook", "check", out("none")], code: 2 }
  ],
  resume: [{ args: ({ runbook }) => ["resume", runbook, "-o", "json"], code: 1 }],
  replay: [
    { args: ({ runbook }) => ["replay", runbook], shows: ["answer"] },
    { args: ({ runbook }) => ["replay", runbook, "--recorded", "-o", "json"] },
    { args: ({ released, text }) => ["replay", released, "--from", text, "--recorded"], code: 1 }
  ],
  "runbook erase": [
    { args: ({ released }) => ["runbook", "erase", released, "--yes", "-o", "json"], code: 1 },
    { args: ({ released }) => ["runbook", "erase", released], code: 2 }
  ],
  "runs list": [says0("runs", "list"), says0("runs", "list", "--mode", words.typed, "-o", "json")],
  "runs show": [
    { args: ({ released }) => ["runs", "show", released] },
    { args: ({ released }) => ["runs", "show", released, "--text"], shows: ["answer"] },
    { args: ({ refused }) => ["runs", "show", refused, "-o", "json"] },
    { args: ({ erased }) => ["runs", "show", erased, "--text"], code: 1 }
  ],
  "runs recover": [says0("runs", "recover"), says0("runs", "recover", "-o", "json")],
  "runs erase": [
    { args: ({ refused }) => ["runs", "erase", refused], code: 2 },
    { args: ({ refused }) => ["runs", "erase", refused, "--yes"] },
    { args: ({ erased }) => ["runs", "erase", erased, "--yes", "-o", "json"], code: 1 }
  ],
  "session start": [
    { args: () => ["session", "start", "--title", words.typed, "-o", "json"] },
    { args: () => ["session", "start", "--raw", "-f", "-"], stdin: words.prompt, shows: ["answer"] },
    { args: () => ["session", "start", "--mode", "steward", "-p", words.prompt, "-o", "ndjson"], code: 3 },
    { args: () => ["session", "start", "--mode", "steward", "-p", words.prompt, "--audit"], code: 1 },
    { args: () => ["session", "start", "--persona-mode", words.typed], code: 2 }
  ],
  "session continue": [
    { args: ({ session }) => ["session", "continue", session], stdin: words.prompt, shows: ["answer"] },
    {
      args: ({ held }) => ["session", "continue", held.approve[0], "-p", words.prompt, "-o", "json"],
      code: 1
    },
    {
      args: ({ session }) => ["session", "continue", session, "--instead-of", "0", "-o", "json"],
      stdin: words.prompt,
      shows: ["answer"]
    },
    {
      args: ({ session }) => ["session", "continue", session, "--instead-of", "99", "-p", words.prompt],
      code: 1
    }
  ],
  "session list": [
    { args: () => ["session", "list"], shows: ["typed"] },
    { args: () => ["session", "list", "-o", "json"] }
  ],
  "session show": [
    { args: ({ session }) => ["session", "show", session, "-o", "json"] },
    { args: ({ session }) => ["session", "show", session, "--text"], shows: ["prompt", "answer"] },
    { args: () => ["session", "show", words.typed], code: 1 }
  ],
  "session status": [
    { args: ({ session }) => ["session", "status", session] },
    { args: () => ["session", "status", words.typed, "-o", "json"], code: 1 }
  ],
  "session mode": [{ args: ({ session }) => ["session", "mode", session, "steward"] }],
  "session title": [{ args: ({ session }) => ["session", "title", session], stdin: words.typed }],
  "session export": [
    { args: ({ session }) => ["session", "export", session] },
    { args: ({ session, out }) => ["session", "export", session, out("snapshot"), "-o", "json"] },
    { args: ({ session, text }) => ["session", "export", session, text], code: 2 }
  ],
  "session import": [
    { args: ({ out }) => ["session", "import", "--snapshot", out("snapshot")] },
    { args: ({ text }) => ["session", "import", "--snapshot", text], code: 1 }
  ],
  "session close": [{ args: ({ session }) => ["session", "close", session, "-o", "json"] }],
  "session erase": [
    { args: ({ session }) => ["session", "erase", session, "--yes"] },
    { args: ({ session }) => ["session", "erase", session], code: 2 }
  ],
  "steward list": [says0("steward", "list"), says0("steward", "list", "-o", "json")],
  "steward show": [
    { args: ({ held }) => ["steward", "show", held.approve[0]], shows: ["answer"] },
    { args: ({ held }) => ["steward", "show", held.edit[0], "-o", "json"], shows: ["answer", "prompt"] },
    { args: () => ["steward", "show", words.typed], code: 1 }
  ],
  "steward approve": [
    { args: ({ held }) => deciding("approve", held), shows: ["answer"] },
    {
      args: ({ held }) => [
        "steward",
        "approve",
        held.close[0],
        "--digest",
        "00000000",
        "--service",
        words.typed
      ],
      code: 1
    }
  ],
  "steward edit": [
    { args: ({ held, text }) => [...deciding("edit", held), "-f", text], shows: ["file"] },
    { args: ({ held, out }) => [...deciding("reject", held).with(1, "edit"), "-f", out("none")], code: 2 }
  ],
  "steward redirect": [{ args: ({ held }) => deciding("redirect", held), stdin: words.prompt, code: 3 }],
  "steward reject": [{ args: ({ held }) => deciding("reject", held) }],
  "steward close": [{ args: ({ held }) => [...deciding("close", held), "-o", "json"] }],
  budgets: [says0("budgets"), says0("budgets", "-o", "json")],
  "token create": [
    says0("token", "create", "--name", "alice", "--role", "viewer", "-o", "json"),
    {
      args: () => ["token", "create", "--name", `${words.typed} ${words.typed}`, "--role", "viewer"],
      code: 2
    },
    {
      args: () => ["token", "create", "--name", "bob", "--role", "viewer", "--expires", words.typed],
      code: 2
    }
  ],
  "token list": [says0("token", "list"), says0("token", "list", "-o", "json")],
  "token login": [
    { args: () => ["token", "login", words.typed], code: 1 },
    { args: () => ["token", "login", words.typed, "--at", words.url], code: 2 }
  ],
  "token revoke": [{ args: () => ["token", "revoke", words.typed], code: 1 }],
  "webhooks list": [says0("webhooks", "list"), says0("webhooks", "list", "-o", "json")],
  // The secret is none: what is told to a receiver is looked at where one is told.
  "webhooks deliver": [{ args: () => ["webhooks", "deliver"], code: 2 }],
  "webhooks replay": [{ args: () => ["webhooks", "replay", words.typed], code: 1 }],
  "webhooks enable": [
    says0("webhooks", "enable", "webhook_url"),
    { args: () => ["webhooks", "enable", words.typed], code: 2 }
  ],
  validate: [says0("validate"), says0("validate", "-o", "json")],
  doctor: [
    // The packaged modes have models that nobody has here.
    { args: () => ["doctor"], code: 1, shows: FOLDERS },
    { args: () => ["doctor", "-o", "json"], code: 1, shows: FOLDERS }
  ],
  invariants: [says0("invariants"), says0("invariants", "-o", "json")],
  greeting: [
    { args: () => ["greeting"], shows: ["persona"] },
    { args: () => ["greeting", "-o", "json"], shows: ["persona"] }
  ],
  about: [
    { args: () => ["about"], shows: FOLDERS },
    { args: () => ["about", "-o", "json"], shows: FOLDERS }
  ],
  // Last of all: from here on the configuration is another one.
  init: [says0("init"), says0("init", "--replace", "-o", "json")],
  trust: [says0("trust"), says0("trust", "-o", "json")]
}
