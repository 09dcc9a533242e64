/**
 * Owns the single door text leaves through. `Released` and `ReleasedChunk` can be made nowhere else, and each ending of
 * a run accounts for exactly the bytes that went out.
 */
import { Effect, Result } from "effect"
import { Content, reveal } from "../../domain/Content.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { ContentId, Digest, Principal } from "../../domain/Ids.ts"
import type { AuditResult, Receipt } from "../../domain/run/Receipt.ts"
import { mayStream, receiptOf } from "../../domain/run/Leaving.ts"
import { isHeld, OUTPUT } from "../../domain/run/Run.ts"
import type { Remarks } from "../../domain/run/Verdict.ts"
import type { RunLog } from "./RunLog.ts"

class Chunk {
  readonly #text: string

  constructor(content: Content) {
    this.#text = reveal(content)
  }

  get text(): string {
    return this.#text
  }
}

class Text extends Chunk {
  readonly receipt: Receipt
  readonly #output: Content | null

  constructor(content: Content, receipt: Receipt, output: Content | null) {
    super(content)
    this.receipt = receipt
    this.#output = output
  }

  /** What a capability has made, as JSON; null without one. */
  get output(): string | null {
    return this.#output && reveal(this.#output)
  }
}

/** A piece of an answer on its way out. */
export type ReleasedChunk = Chunk
/** What a steward is shown beside a held text. */
interface Shown {
  /** What a capability has made: it would leave with the text. */
  readonly output: Content | null
  /** What was drafted first; null where nothing was revised. */
  readonly draft: Content | null
  /** What an auditor has said in its own words. */
  readonly remarks: Remarks
}

/** A text that a steward was shown, and everybody else was not. */
class Viewed extends Chunk {
  readonly digest: Digest
  readonly output: Chunk | null
  readonly draft: Chunk | null
  readonly claims: ReadonlyArray<Chunk>
  readonly fixes: ReadonlyArray<Chunk>

  constructor(content: Content, digest: Digest, { output, draft, remarks }: Shown) {
    super(content)
    this.digest = digest
    this.output = output && new Chunk(output)
    this.draft = draft && new Chunk(draft)
    this.claims = remarks.claims.map((one) => new Chunk(one))
    this.fixes = remarks.fixes.map((one) => new Chunk(one))
  }
}

/** A held text as a steward sees it; the ledger already holds that it was looked at. */
export type HeldView = Viewed
/** A whole answer with its receipt; the ledger already holds that receipt. */
export type Released = Text

/** Where chunks go. What it has taken has left; a chunk that it was interrupted with has not. */
export type Outlet = (chunk: ReleasedChunk) => Effect.Effect<void>

/** The door of one run. */
export interface Door {
  /**
   * Lets a piece of the draft out, when nothing can still stop the answer; else keeps it in. Interrupts the call when the
   * run is not this process' any more.
   */
  readonly chunk: (content: Content) => Effect.Effect<unknown>
  /** The receipt over what left before a run ended otherwise; null when nothing did. */
  readonly partial: (id: ContentId) => Receipt | null
  /**
   * Records the release, makes it durable, and only then hands the text out, and with it what a capability has made. That is
   * exactly what was recorded of it: `VAULT_CONTENT_UNREADABLE`.
   */
  readonly release: (
    id: ContentId,
    answer: Content,
    audit: AuditResult,
    output: Content | null
  ) => Effect.fn.Return<Released, RuntimeFailure>
}

export const open = (log: RunLog, outlet: Outlet | null): Door => new OpenDoor(log, outlet)

class OpenDoor implements Door {
  readonly #log: RunLog
  readonly #outlet: Outlet | null
  readonly #left: Array<Content> = []

  constructor(log: RunLog, outlet: Outlet | null) {
    this.#log = log
    this.#outlet = outlet
  }

  readonly chunk = (content: Content): Effect.Effect<unknown> => {
    const outlet = this.#outlet
    if (outlet === null || !mayStream(this.#log.state())) return Effect.void
    const leave = Effect.uninterruptibleMask((restore) =>
      Effect.andThen(
        restore(outlet(new Chunk(content))),
        Effect.sync(() => this.#left.push(content))
      )
    )
    return Effect.matchEffect(this.#log.held, { onFailure: () => Effect.interrupt, onSuccess: () => leave })
  }

  partial(id: ContentId): Receipt | null {
    return this.#left.length === 0 ? null : this.#receipt(id, Content.concat(this.#left), false, "none")
  }

  *release(
    id: ContentId,
    answer: Content,
    audit: AuditResult,
    output: Content | null
  ): Effect.fn.Return<Released, RuntimeFailure> {
    const complete = this.#receipt(id, answer, true, audit)
    if (complete === null) return yield* failure("RUN_TRANSITION_INVALID", "release")
    if (!isMade(complete, output, (text) => this.#log.digest(OUTPUT, text)))
      return yield* failure("VAULT_CONTENT_UNREADABLE", "release")
    yield* this.#log.keep({ _tag: "Released", receipt: complete })
    yield* this.#log.commit
    return new Text(answer, complete, output)
  }

  #receipt(id: ContentId, content: Content, complete: boolean, audit: AuditResult): Receipt | null {
    const { length: chars } = content
    return receiptOf(this.#log.state(), { digest: this.#log.digest(id, content), chars, complete, audit })
  }
}

/** Whether a receipt says of a capability's output what it is. */
const isMade = (
  { capability }: Receipt,
  output: Content | null,
  digest: (content: Content) => Digest
): boolean =>
  output === null
    ? capability === undefined
    : capability !== undefined && digest(output) === capability.digest

/** Hands out once more what has left before: exactly the bytes that its receipt is over, or nothing. */
export const again = (
  receipt: Receipt,
  id: ContentId,
  answer: Content,
  output: Content | null,
  digest: (id: ContentId, content: Content) => Digest
): Result.Result<Released, RuntimeFailure> =>
  digest(id, answer) === receipt.digest && isMade(receipt, output, (text) => digest(OUTPUT, text))
    ? Result.succeed(new Text(answer, receipt, output))
    : Result.fail(failure("VAULT_CONTENT_UNREADABLE", "release"))

/** Shows a held text to a steward, once it is durable that they looked. `STEWARD_NOT_PENDING` where nothing is held. */
export const view = Effect.fnUntraced(function* (
  log: RunLog,
  principal: Principal,
  answer: Content,
  beside: Shown
): Effect.fn.Return<HeldView, RuntimeFailure> {
  const { gate } = log.state()
  if (!gate || !isHeld(log.state())) return yield* failure("STEWARD_NOT_PENDING", "gate")
  yield* log.keep({ _tag: "HeldViewed", principal, digest: gate.digest })
  yield* log.commit
  return new Viewed(answer, gate.digest, beside)
})

/** Gives a text back to whoever wrote it: a prompt, a title. What a model wrote has no way through here. */
export const giveBack = (written: Content): ReleasedChunk => new Chunk(written)
