/** Owns what a run comes to in the shapes of chat completions: an answer, pieces of one, or a refusal that says why. */
import { Effect, Result, Schema, type Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { Chunk, Completion, type Governance, type Usage } from "../api/OpenAi.ts"
import { openAiErrorOf } from "../api/OpenAiError.ts"
import { memoryContext, metaOf } from "../api/results/RunResults.ts"
import type { History } from "../core/ledger/History.ts"
import type { Accepted } from "../core/run/Request.ts"
import type { RunResult } from "../core/run/Runs.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { madeAt } from "../domain/Ids.ts"
import type { AuditResult, Receipt } from "../domain/run/Receipt.ts"
import { standIn } from "../domain/run/Route.ts"
import type { Open } from "./Gate.ts"
import type { StreamPlace } from "./Room.ts"
import { respondLines } from "./Streaming.ts"

type Cost = Pick<Receipt["usage"], "calls" | "inputTokens" | "outputTokens">

/** How it ended: with an answer, or with an audit that let none out. */
export type Ended =
  | { readonly _tag: "Answered"; readonly result: RunResult }
  | { readonly _tag: "Refused"; readonly reason: RuntimeFailure; readonly cost: Cost }

/** Whether an audit has kept an answer in: that is no error of whoever asked. */
const isKeptIn = ({ code }: RuntimeFailure): boolean =>
  code === "AUDIT_REJECTED" || code === "AUDIT_UNAVAILABLE"

export const usageOf = ({ inputTokens, outputTokens }: Cost): typeof Usage.Type | null =>
  inputTokens === null || outputTokens === null
    ? null
    : {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens
      }

const costOf = (ended: Ended): Cost =>
  ended._tag === "Answered" ? ended.result.released.receipt.usage : ended.cost

const finishOf = (ended: Ended): "stop" | "length" | "content_filter" =>
  ended._tag === "Refused" ? "content_filter" : (ended.result.released.receipt.finish ?? "stop")

const verdictOf = (ended: Ended): Governance["verdict"] => {
  if (ended._tag === "Answered") return ended.result.released.receipt.audit satisfies AuditResult
  return ended.reason.code === "AUDIT_REJECTED" ? "rejected" : "unavailable"
}

/** What governed it: identifiers and numbers. */
export const governanceOf = (facts: Accepted, ended: Ended): Governance => {
  const { run, route, certificate, memory, packs, clientHistory } = facts
  const place = route.selected ?? standIn
  const receipt = ended._tag === "Answered" ? ended.result.released.receipt : null
  const made = ended._tag === "Answered" ? metaOf(ended.result.capability, ended.result.released) : {}
  return {
    run_id: run,
    mode: route.mode,
    route: place.target,
    provider: receipt?.provider ?? place.provider,
    model: receipt?.model ?? place.model,
    verdict: verdictOf(ended),
    independent: receipt?.auditor?.independent ?? null,
    fallback_used: receipt?.fallbackUsed ?? route.fallbackUsed,
    calls: { used: costOf(ended).calls, certified: certificate.calls },
    history: clientHistory,
    memory_context: memoryContext(memory, packs),
    ...made,
    refusal: ended._tag === "Refused" ? { code: ended.reason.code, summary: ended.reason.summary } : null
  }
}

/** The same as headers, for whoever reads no body. */
const headersOf = (governance: Governance): Readonly<Record<string, string>> => ({
  ...beginningOf({ run: governance.run_id, route: governance.route }),
  "x-io3-provider": governance.provider,
  "x-io3-model": governance.model,
  "x-io3-verdict": governance.verdict,
  "x-io3-calls": `${governance.calls.used}/${governance.calls.certified}`
})

/** What of it is known before there is an answer. */
const beginningOf = ({
  run,
  route
}: {
  readonly run: string
  readonly route: string
}): Readonly<Record<string, string>> => ({ "x-io3-run": run, "x-io3-route": route })

const aboutOf = ({ run }: Accepted, model: string) => ({
  id: `chatcmpl-${run}`,
  created: Math.floor(madeAt(run) / 1000),
  model
})

const completionOf = (open: Open, facts: Accepted, model: string, ended: Ended): Completion => {
  const usage = usageOf(costOf(ended))
  return open.pass({
    ...aboutOf(facts, model),
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: ended._tag === "Answered" ? ended.result.released.text : "",
          refusal: ended._tag === "Refused" ? ended.reason.summary : null
        },
        logprobs: null,
        finish_reason: finishOf(ended)
      }
    ],
    ...(usage && { usage }),
    io3: governanceOf(facts, ended)
  })
}

/** The pieces of one answer. What is known of all of it is in the last one. */
export const chunksOf = (open: Open, facts: Accepted, model: string, withUsage: boolean) => {
  const about = { ...aboutOf(facts, model), object: "chat.completion.chunk" as const }
  const usage = withUsage ? { usage: null } : {}
  const piece = (
    delta: Chunk["choices"][number]["delta"],
    finish: ReturnType<typeof finishOf> | null = null
  ) =>
    open.pass({
      ...about,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] as const,
      ...usage
    })
  return {
    first: piece({ role: "assistant", content: "" }),
    piece: (content: string): Chunk => piece({ content }),
    last: (ended: Ended): ReadonlyArray<Chunk> => {
      const io3 = governanceOf(facts, ended)
      const end = piece({}, finishOf(ended))
      return withUsage
        ? [end, open.pass({ ...about, choices: [], usage: usageOf(costOf(ended)), io3 })]
        : [{ ...end, io3 }]
    }
  }
}

/** An answer, or that an audit let none out; anything else has failed. */
export const endedOf = (
  history: Pick<History["Service"], "find">,
  outcome: Result.Result<RunResult, RuntimeFailure>
): Effect.Effect<Ended, RuntimeFailure> => {
  if (Result.isSuccess(outcome)) return Effect.succeed({ _tag: "Answered", result: outcome.success })
  const { failure: reason } = outcome
  if (!isKeptIn(reason) || reason.run === undefined) return Effect.fail(reason)
  return Effect.map(history.find(reason.run), ({ usage }) => ({ _tag: "Refused", reason, cost: usage }))
}

const encodeCompletion = Schema.encodeEffect(Completion)
const encodeChunk = Schema.encodeEffect(Schema.fromJsonString(Chunk))

export const dataOf = (text: string): string => `data: ${text}\n\n`
const DONE = dataOf("[DONE]")

export const lineOf = (chunk: Chunk): Effect.Effect<string> =>
  Effect.map(Effect.orDie(encodeChunk(chunk)), dataOf)

/** The last chunks, and that they were. */
export const linesOf = (chunks: ReadonlyArray<Chunk>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(Effect.forEach(chunks, lineOf), (lines) => [...lines, DONE])

/** An answer as a whole. */
export const answered = (open: Open, facts: Accepted, model: string, ended: Ended) => {
  const completion = completionOf(open, facts, model, ended)
  return Effect.map(Effect.orDie(encodeCompletion(completion)), (body) =>
    HttpServerResponse.jsonUnsafe(body, { headers: headersOf(completion.io3) })
  )
}

/** An answer in pieces. */
export const streamed = (place: StreamPlace, { run, route }: Accepted, lines: Stream.Stream<string>) =>
  respondLines(place, lines, {
    headers: beginningOf({ run, route: (route.selected ?? standIn).target }),
    // Their client takes an end without a word for the answer's.
    last: dataOf(JSON.stringify(openAiErrorOf(failure("TOKEN_REVOKED", "setup"))))
  })
