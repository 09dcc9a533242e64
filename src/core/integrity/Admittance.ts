/** Owns what the check does with a token: it lets its holder in, stands in no byte that is written, and ends when it is revoked. */
import { Effect, Redacted } from "effect"
import { contains } from "../../domain/integrity/Forms.ts"
import { Principal } from "../../domain/Ids.ts"
import { Sandbox } from "../../ports/Sandbox.ts"
import { Entrance } from "../access/Entrance.ts"
import { Tokens } from "../access/Tokens.ts"

const holder = Principal.make("guest")

/** Whether a token did all that. */
export const admittance = Effect.gen(function* () {
  const entrance = yield* Entrance
  const sandbox = yield* Sandbox
  const tokens = yield* Tokens

  return Effect.gen(function* () {
    const { facts, text } = yield* tokens.issue({ principal: holder, role: "viewer", expiresAt: null })
    const secret = Redacted.value(text)
    const comes = Effect.andThen(
      entrance.standing,
      entrance.bearer({ authorization: `Bearer ${secret}`, cookie: null })
    )
    const { principal, role } = yield* comes
    yield* tokens.revoke(facts.id)
    const isKeptOut = yield* Effect.match(comes, {
      onSuccess: () => false,
      onFailure: ({ code }) => code === "TOKEN_REVOKED"
    })
    const bytes = new TextEncoder().encode(secret)
    const isWritten = (yield* sandbox.files).some((file) => contains(file, bytes))
    return principal === holder && role === "viewer" && isKeptOut && !isWritten
  }).pipe(Effect.orElseSucceed(() => false))
})
