/** Plants each fault of a service at a server of this machine, sees it named, puts it right, and sees it gone. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { faults, type FaultName } from "../../../src/domain/integrity/Faults.ts"
import { examine, faultsOf, standing, type Standing } from "../../support/installation.ts"
import { configure, slowly } from "../../support/io3.ts"
import { openAi } from "../../support/openAiTalk.ts"
import { reply } from "../../support/tongue.ts"
import { type Script, serve } from "../../support/upstream.ts"

const well: Script = (socket) => socket.write(reply(openAi.list(["writer", "judge"])))
const status =
  (code: number): Script =>
  (socket) =>
    socket.write(reply("", `HTTP/1.1 ${code} So`))

const MODES = ["executor", "explorer", "synthesizer", "visionary", "fast", "draft", "data", "steward"]
const to = (target: string) => ({ primary: target, secondary: target })

const write = (where: Standing, entry: object) =>
  configure(where.userConfig, {
    "providers.yaml": JSON.stringify({
      providers: { openai: { enabled: true, local: false, env_key_name: "MINE", ...entry } }
    }),
    "routing_table.yaml": JSON.stringify({
      routing_table: {
        modes: {
          ...Object.fromEntries(MODES.map((mode) => [mode, to("openai:writer")])),
          challenger: to("openai:judge")
        }
      }
    })
  })

const using = (variables: Readonly<Record<string, string>>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(variables)))

const cases: ReadonlyArray<{
  readonly fault: FaultName
  readonly script?: Script
  readonly entry?: object
  readonly variables?: Readonly<Record<string, string>>
  readonly name: string
}> = [
  { fault: "HOST_KEY_MISSING", variables: {}, name: "MINE" },
  { fault: "HOST_KEY_UNNAMED", entry: { env_key_name: undefined }, name: "openai" },
  { fault: "HOST_KEY_REFUSED", script: status(401), name: "openai" },
  { fault: "HOST_UNAVAILABLE", script: status(503), name: "openai" },
  { fault: "HOST_UNAVAILABLE", entry: { base_url: "http://127.0.0.1:1" }, name: "openai" },
  { fault: "HOST_SILENT", script: () => {}, entry: { local: true }, name: "openai" },
  { fault: "HOST_BUSY", script: status(429), name: "openai" },
  { fault: "HOST_WITHOUT_LIST", script: status(404), name: "openai" },
  {
    fault: "MODEL_UNLISTED",
    script: (socket) => socket.write(reply(openAi.list(["judge"]))),
    name: "writer"
  }
]

describe("the doctor, of services", slowly, () => {
  it.live.each(cases)(
    "names $fault, and no more once it is put right",
    ({ fault, script = well, ...given }) =>
      Effect.gen(function* () {
        const where = yield* standing
        let meets = script
        const { baseUrl, requests } = yield* serve((socket, request) => meets(socket, request))
        yield* write(where, { base_url: baseUrl, ...given.entry })
        const { findings } = yield* examine(where).pipe(using(given.variables ?? { MINE: "key" }))
        const found = findings.find((finding) => finding.fault === fault)
        assert.strictEqual(found?.name, given.name, findings.map((finding) => finding.fault).join(" "))
        assert.match(faults[fault].fix, /^[A-Z][^\n]+\.$/u)
        meets = well
        yield* write(where, { base_url: baseUrl })
        assert.deepStrictEqual(yield* faultsOf(where).pipe(using({ MINE: "key" })), ["DATA_MISSING"])
        for (const { line } of requests) assert.match(line, /^GET \/v1\/models /u, "no model was called")
      })
  )
})
