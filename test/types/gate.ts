/**
 * What no handler can do: answer with text that has not passed the gate. Each line below a mark must fail to compile; when one
 * compiles, the mark itself is the error. The functions are never called.
 */
import { type Brand, Effect } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { gated } from "../../src/api/Gated.ts"
import type { Chunk, Completion } from "../../src/api/OpenAi.ts"
import { runOutput, RunOutput } from "../../src/api/results/RunResults.ts"
import type { Answer } from "../../src/api/Runs.ts"
import type { StreamEvent } from "../../src/api/Streams.ts"
import type { RunResult } from "../../src/core/run/Runs.ts"
import type { RunId } from "../../src/domain/Ids.ts"
import { Gate, needsText, type Open, ofRun } from "../../src/http/Gate.ts"

declare const open: Open
declare const run: RunId
declare const result: RunResult
declare const completion: Brand.Brand.Unbranded<Completion>
declare const chunk: Brand.Brand.Unbranded<Chunk>
declare const unproven: Open | null

export const proofs = (): ReadonlyArray<Open> => [
  // @ts-expect-error TS2739: nothing is no proof
  {},
  // @ts-expect-error TS2741: nor is what another does
  { pass: open.pass },
  // @ts-expect-error TS2322: nor is a gate that may be closed
  unproven
]

export const answers = (): ReadonlyArray<typeof Answer.Type> => [
  ofRun(unproven, runOutput(result)),
  open.pass(runOutput(result)),
  // @ts-expect-error TS2322: an answer that nobody has looked at
  runOutput(result),
  // @ts-expect-error TS18047: there is nothing to pass where the gate may be closed
  unproven.pass(runOutput(result))
]

export const events = (): ReadonlyArray<StreamEvent> => [
  { id: "1.1", event: "turn_delta", data: open.pass({ run_id: run, text: result.released.text }) },
  // @ts-expect-error TS2322: nor does a piece of one leave by itself
  { id: "1.1", event: "turn_delta", data: { run_id: run, text: result.released.text } }
]

export const chats = (): ReadonlyArray<Completion | Chunk> => [
  open.pass(completion),
  // @ts-expect-error TS2375: an answer in another form is one, too
  completion,
  // @ts-expect-error TS2375: and so are its pieces
  chunk
]

const api = HttpApi.make("api").add(
  HttpApiGroup.make("runs").add(HttpApiEndpoint.get("text", "/text", { success: gated(RunOutput) }))
)

export const handlers = [
  HttpApiBuilder.group(api, "runs", (all) =>
    all.handleAll({
      text: () =>
        Effect.gen(function* () {
          const text = yield* Effect.orDie(needsText((yield* Gate).open))
          return text.pass(runOutput(result))
        })
    })
  ),
  HttpApiBuilder.group(api, "runs", (all) =>
    all.handleAll({
      // @ts-expect-error TS2322: whoever forgets to ask has nothing to answer with
      text: () => Effect.succeed(runOutput(result))
    })
  )
]
