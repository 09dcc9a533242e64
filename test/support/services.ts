/** Owns two scripted services for tests of the program, one that drafts and one that judges, and the configuration that leads there. */
import { Effect } from "effect"
import { anthropic } from "./anthropicTalk.ts"
import { configure, home } from "./io3.ts"
import { openAi } from "./openAiTalk.ts"
import { reply, type Tongue } from "./tongue.ts"
import { chunk, chunked, opening, type Script, serve } from "./upstream.ts"

/** A whole answer. */
export const tells = (tongue: Tongue, words: string, reason = tongue.reasons.stop): Script => {
  const answer = chunked([tongue.begin, tongue.piece(words), tongue.done(reason, 40, 5)])
  return (socket) => socket.write(answer)
}

/** The beginning of an answer that does not end. */
export const begins =
  (tongue: Tongue, words: string): Script =>
  (socket) =>
    socket.write(Buffer.concat([opening(), chunk(tongue.begin + tongue.piece(words))]))

export const refuses =
  (status: number, body: string): Script =>
  (socket) =>
    socket.write(reply(body, `HTTP/1.1 ${status} So`))

export const passes = JSON.stringify({
  decision: "pass",
  issues: [],
  high_risk_claims: [],
  suggested_fixes: []
})

/** The variables that have the keys, in a process that has them. */
export const keys = (key: string) => ({ WRITER_KEY: key, JUDGE_KEY: key })

const service = Effect.fnUntraced(function* (tongue: Tongue) {
  let answers: Script = () => {}
  const calls: Array<string> = []
  const server = yield* serve((socket, request) => {
    if (request.line.startsWith("GET ")) return void socket.write(reply(tongue.list(["writer", "judge"])))
    calls.push(request.head + request.body)
    answers(socket, request)
  })
  return { ...server, calls, answer: (script: Script) => void (answers = script) }
})

/** `openai` drafts and `anthropic` judges; both are elsewhere, as far as the program knows. */
export const services = Effect.fnUntraced(function* (name?: string) {
  const where = yield* home(name)
  const [writer, judge] = [yield* service(openAi), yield* service(anthropic)]
  const entry = (baseUrl: string, key: string) => ({
    enabled: true,
    base_url: baseUrl,
    local: false,
    env_key_name: key,
    num_ctx: 16_384
  })
  const to = (target: string) => ({ primary: target, secondary: "null:stand-in" })
  yield* configure(where.userConfig, {
    "providers.yaml": JSON.stringify({
      providers: {
        openai: entry(writer.baseUrl, "WRITER_KEY"),
        anthropic: entry(judge.baseUrl, "JUDGE_KEY")
      }
    }),
    "routing_table.yaml": JSON.stringify({
      routing_table: { modes: { executor: to("openai:writer"), challenger: to("anthropic:judge") } }
    }),
    "runtime.yaml": JSON.stringify({ timeouts: { first_byte_seconds: 3, idle_seconds: 3 } })
  })
  return { where, writer, judge }
})
