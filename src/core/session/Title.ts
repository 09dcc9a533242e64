/** Owns the title of a session: a text of its own, sealed in the session's stream under a new id each time. */
import { Effect } from "effect"
import type { Content } from "../../domain/Content.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Principal } from "../../domain/Ids.ts"
import { type Facts, nextTitle } from "../../domain/session/Session.ts"
import type { SessionAfter } from "../../domain/session/SessionEvent.ts"
import { titleIn } from "../../domain/session/Title.ts"
import type { Sealed, StreamVault } from "../../ports/Vault.ts"

export interface Entitled {
  readonly facts: Facts
  readonly sealed: ReadonlyArray<Sealed>
}

/** What gives a session a title; `SESSION_TITLE_INVALID` for a text that is none. */
export const entitled = (
  keys: StreamVault,
  after: SessionAfter,
  title: Content,
  principal: Principal
): Effect.Effect<Entitled, RuntimeFailure> => {
  const text = titleIn(title)
  if (text === null) return Effect.fail(failure("SESSION_TITLE_INVALID", "setup"))
  const content = nextTitle(after)
  const digest = keys.digest(content, text)
  return Effect.succeed({
    facts: { _tag: "SessionTitled", content, digest, chars: text.length, principal },
    sealed: [keys.seal(content, text)]
  })
}
