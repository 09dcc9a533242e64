/** Owns looking at what one run of the check has let out, and whether the record accounts for exactly that. */
import { Effect, Option, Result } from "effect"
import type { Scene, Words } from "../../domain/integrity/Canary.ts"
import { Content } from "../../domain/Content.ts"
import { isRunEvent, type RunEvent } from "../../domain/Event.ts"
import { failure } from "../../domain/Failure.ts"
import { type ContentId, type Digest, type RunId, runStream } from "../../domain/Ids.ts"
import type { Played } from "../../domain/integrity/Invariant.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { replay } from "../../domain/run/Evolution.ts"
import { leavingId, OUTPUT } from "../../domain/run/Run.ts"
import type { Journal } from "../../ports/Journal.ts"
import type { Vault } from "../../ports/Vault.ts"
import type { Released, ReleasedChunk } from "../run/Release.ts"
import { unwatched } from "../run/Request.ts"
import type { Came } from "./Scenery.ts"

/** What left while a run was still going. */
export const watched = () => {
  const early: Array<string> = []
  const outlet = (chunk: ReleasedChunk) => Effect.sync(() => early.push(chunk.text))
  return { early, watcher: { ...unwatched, outlet } }
}

export const eventsIn = (rows: ReadonlyArray<Row>): ReadonlyArray<RunEvent> =>
  rows.flatMap(({ payload }) =>
    Option.toArray(decode(payload)).flatMap((event) => (isRunEvent(event) ? [event] : []))
  )

export const sightOf = (journal: Journal["Service"], vault: Vault["Service"], words: Words) => {
  const keysOf = Effect.fnUntraced(function* (run: RunId) {
    const wrapped = yield* Effect.flatMap(journal.key(runStream(run)), Effect.fromOption).pipe(
      Effect.mapError(() => failure("VAULT_CONTENT_UNREADABLE", "setup"))
    )
    return { wrapped, keys: yield* vault.open(runStream(run), wrapped) }
  })

  /** Held against the bytes that left, and against others, over which no receipt may be. */
  const isReceipted = (run: RunId, events: ReadonlyArray<RunEvent>, released: Released) =>
    Effect.gen(function* () {
      const recorded = events.find((event) => event._tag === "Released")?.receipt
      const id = leavingId(Result.getOrThrow(replay(events)), recorded?.audit ?? "none")
      return yield* isOver(run, id, recorded?.digest, released.text)
    }).pipe(Effect.orElseSucceed(() => false))

  const isReceiptedOutput = (run: RunId, events: ReadonlyArray<RunEvent>, made: string) => {
    const recorded = events.find((event) => event._tag === "Released")?.receipt
    // Where no model was asked, it is the answer.
    const digest = recorded?.capability?.digest ?? recorded?.digest
    return isOver(run, OUTPUT, digest, made).pipe(Effect.orElseSucceed(() => false))
  }

  const isOver = Effect.fnUntraced(function* (
    run: RunId,
    id: ContentId,
    recorded: Digest | undefined,
    text: string
  ) {
    const { keys } = yield* keysOf(run)
    const digest = (other: string) => keys.digest(id, Content.of(other))
    return recorded === digest(text) && recorded !== digest(`${text}.`)
  })

  /** What the answer of a scene has to have in it. */
  const wordOf = ({ invokes }: Scene) => (invokes === "alone" ? words.payload : words.answer)

  const looked = Effect.fnUntraced(function* (
    scene: Scene,
    { run, released }: Came,
    early: ReadonlyArray<string>,
    held: boolean
  ) {
    const events = run ? eventsIn(yield* journal.read(runStream(run))) : []
    const made = released?.output ?? (scene.invokes === "alone" ? released?.text : null) ?? null
    const played: Played = {
      scene,
      ended: released ? "released" : events.some(({ _tag }) => _tag === "RunRefused") ? "refused" : "failed",
      events,
      faithful: (scene.invokes === "alone" ? made : released?.text)?.includes(wordOf(scene)) ?? false,
      receipted: run && released ? yield* isReceipted(run, events, released) : false,
      held,
      output:
        scene.invokes === null
          ? null
          : !early.some((text) => text.includes(words.payload)) &&
            (run && released && made
              ? made.includes(words.payload) && (yield* isReceiptedOutput(run, events, made))
              : made === null && !events.some(({ _tag }) => _tag === "Released"))
    }
    return played
  })

  return { keysOf, looked }
}
