/** Owns the reading of the stream of tokens, row by row: a row that does not hold is none, and nobody comes in by it. */
import { Result } from "effect"
import { evolve, noTokens, type Tokens } from "../../domain/access/Token.ts"
import { isTokenEvent } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { tokensStream } from "../../domain/Ids.ts"
import { broken, type Hash, type Place, read, type Row, start } from "../../domain/ledger/Ledger.ts"

/** Where the stream stands, and what its rows come to. */
export interface TokenPlace {
  readonly place: Place
  readonly tokens: Tokens
}

export const unissued = (hash: Hash): TokenPlace => ({ place: start(hash, tokensStream), tokens: noTokens })

/** `LEDGER_BROKEN` where it is not the next row, was altered, or cannot have happened there. */
export const after = (
  hash: Hash,
  { place, tokens }: TokenPlace,
  row: Row
): Result.Result<TokenPlace, RuntimeFailure> => {
  const event = broken(hash, place, row) === null ? read(row.payload) : null
  const next = event && isTokenEvent(event) ? evolve(tokens, event, row.at) : null
  return next === null
    ? Result.fail(failure("LEDGER_BROKEN", "setup"))
    : Result.succeed({ place: { seq: row.seq, hash: row.hash, at: row.at }, tokens: next })
}

/** What all of these rows come to. `LEDGER_BROKEN`. */
export const placeOf = (hash: Hash, rows: ReadonlyArray<Row>): Result.Result<TokenPlace, RuntimeFailure> => {
  let place = unissued(hash)
  for (const row of rows) {
    const next = after(hash, place, row)
    if (Result.isFailure(next)) return next
    place = next.success
  }
  return Result.succeed(place)
}
