/** Plants each fault of models and their host at a server of this machine, sees it named, puts it right, and sees it gone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { faults, type FaultName } from "../../../src/domain/integrity/Faults.ts"
import { configure, type Home, slowly } from "../../support/io3.ts"
import { examine, faultsOf, host, type Said, standing } from "../../support/installation.ts"
import { chunked, type Listening, serve, type Script, type Server } from "../../support/upstream.ts"

const named = (...names: ReadonlyArray<string>) =>
  names.map((name) => ({ name, capabilities: ["completion"] }))
const well: Said = {
  tags: named("writer:latest", "second:latest", "judge:latest"),
  show: {
    capabilities: ["completion"],
    template: "{{ range .Messages }}{{ .Content }}{{ end }}",
    model_info: { "llama.context_length": 8192 }
  }
}

interface Wanted {
  readonly executor?: string
  readonly secondary?: string
  readonly challenger?: string
  readonly window?: number
  readonly steps?: number
  readonly same?: boolean
  readonly others?: object
}

const OTHERS = ["explorer", "synthesizer", "visionary", "fast", "draft", "data", "steward"]

const write = (where: Home, baseUrl: string, wanted: Wanted = {}) => {
  const {
    executor = "local:writer",
    secondary = "local:second",
    challenger = "local:judge",
    steps = 1
  } = wanted
  const mode = { primary: executor, secondary, max_steps: steps }
  const modes = Object.fromEntries(["executor", ...OTHERS].map((name) => [name, mode]))
  const ollama = { enabled: true, base_url: baseUrl, num_ctx: wanted.window ?? 8192 }
  // JSON is YAML.
  return configure(where.userConfig, {
    "providers.yaml": JSON.stringify({ providers: { ollama, ...wanted.others } }),
    "routing_table.yaml": JSON.stringify({
      routing_table: { modes: { ...modes, challenger: { primary: challenger, secondary: challenger } } }
    }),
    "runtime.yaml": JSON.stringify({ constellation: { allow_same_model: wanted.same ?? false } })
  })
}

/** What the host says, and what the configuration says, when it is wrong; both are well again afterwards. */
const cases: ReadonlyArray<{ fault: FaultName; says?: Said; wanted?: Wanted; name?: string }> = [
  { fault: "MODEL_MISSING", says: { ...well, tags: named("judge:latest") }, name: "writer" },
  {
    fault: "MODEL_SPARE_MISSING",
    says: { ...well, tags: named("writer:latest", "judge:latest") },
    name: "second"
  },
  { fault: "MODEL_REMOTE", wanted: { executor: "local:big:120b-cloud" }, name: "big:120b-cloud" },
  {
    fault: "MODEL_REMOTE",
    says: { ...well, show: { ...well.show, remote_host: "https://far.example" } },
    name: "writer"
  },
  {
    fault: "MODEL_CANNOT_CHAT",
    says: { ...well, show: { ...well.show, capabilities: ["embedding"] } },
    name: "writer"
  },
  {
    fault: "MODEL_WITHOUT_TEMPLATE",
    says: { ...well, show: { ...well.show, template: "{{ .Prompt }}" } },
    name: "writer"
  },
  { fault: "WINDOW_TOO_LARGE", wanted: { window: 32_768 }, name: "writer" },
  { fault: "OUTPUT_TOO_LARGE", wanted: { window: 4096 } },
  { fault: "PROVIDER_TOO_OLD", says: { ...well, version: "0.5.1" }, name: "ollama" },
  { fault: "PROVIDER_UNSUPPORTED", wanted: { others: { google: { enabled: true } } }, name: "google" },
  { fault: "PROVIDER_UNKNOWN", wanted: { executor: "olama:writer" }, name: "olama" },
  { fault: "CHALLENGER_MISSING", wanted: { challenger: "null:stand-in" } },
  { fault: "CHALLENGER_SAME_MODEL", wanted: { challenger: "local:writer:latest" } },
  {
    fault: "CHALLENGER_NOT_INDEPENDENT",
    wanted: { challenger: "local:writer", same: true }
  },
  { fault: "TOO_MANY_STEPS", wanted: { steps: 21 } }
]

/** Servers that are none of Ollama's. */
const strangers: ReadonlyArray<
  readonly [what: string, fault: FaultName, script: Script, listening?: Listening]
> = [
  [
    "a web server",
    "PROVIDER_NOT_OLLAMA",
    (socket) => socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
  ],
  ["another page", "PROVIDER_NOT_OLLAMA", (socket) => socket.write(chunked(["<html></html>"]))],
  [
    "no web server",
    "PROVIDER_NOT_OLLAMA",
    () => {},
    { greet: (socket) => socket.end("SSH-2.0-OpenSSH\r\n") }
  ],
  ["nobody who speaks", "PROVIDER_SILENT", () => {}]
]

const running: Effect.Effect<{ server: Server; say: (said: Said) => void }, never, Scope.Scope> = Effect.gen(
  function* () {
    let said = well
    const server = yield* host(() => said)
    return { server, say: (next) => void (said = next) }
  }
)

describe("the doctor, of models", slowly, () => {
  for (const [index, { fault, says = well, wanted, name }] of cases.entries()) {
    it.live(`names ${fault} with its way out, and no more once it is put right (${index})`, () =>
      Effect.gen(function* () {
        const where = yield* standing
        const { server, say } = yield* running
        say(says)
        yield* write(where, server.baseUrl, wanted)
        const { findings } = yield* examine(where)
        const found = findings.find((finding) => finding.fault === fault)
        assert.isDefined(found, findings.map((finding) => finding.fault).join(" "))
        if (name !== undefined) assert.strictEqual(found?.name, name)
        assert.match(faults[fault].fix, /^[A-Z][^\n]+\.$/u)
        say(well)
        yield* write(where, server.baseUrl)
        assert.deepStrictEqual(yield* faultsOf(where), ["DATA_MISSING"])
        for (const { line } of server.requests) {
          assert.match(
            line,
            /^(?:GET \/api\/version|GET \/api\/tags|POST \/api\/show) /u,
            "no model was called"
          )
        }
      })
    )
  }

  for (const [what, fault, script, listening] of strangers) {
    it.live(`knows ${what} from Ollama`, () =>
      Effect.gen(function* () {
        const where = yield* standing
        const stranger = yield* serve(script, listening)
        yield* write(where, stranger.baseUrl)
        assert.deepStrictEqual(yield* faultsOf(where), [fault, "DATA_MISSING"])
        const { server } = yield* running
        yield* write(where, server.baseUrl)
        assert.deepStrictEqual(yield* faultsOf(where), ["DATA_MISSING"])
      })
    )
  }

  it.live("tells an address where nobody listens from one that leads nowhere", () =>
    Effect.gen(function* () {
      const where = yield* standing
      // Nothing listens on the discard port of this machine, and no name ends with `invalid`.
      yield* write(where, "http://127.0.0.1:9")
      assert.deepStrictEqual(yield* faultsOf(where), ["PROVIDER_REFUSED", "DATA_MISSING"])
      yield* write(where, "http://nowhere.invalid:11434")
      assert.deepStrictEqual(yield* faultsOf(where), ["PROVIDER_UNREACHABLE", "DATA_MISSING"])
    })
  )

  it.live("says whom a mode goes to when its target is none", () =>
    Effect.gen(function* () {
      const where = yield* standing
      yield* configure(where.userConfig, {
        "routing_table.yaml": "routing_table:\n  modes:\n    fast: { primary: nowhere, secondary: nowhere }\n"
      })
      const { findings } = yield* examine(where)
      const found = findings.find(({ fault }) => fault === "ROUTE_TARGET_INVALID")
      assert.strictEqual(found?.name, "fast")
    })
  )
})
