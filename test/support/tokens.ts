/** Owns tokens of a home as another process than its server issues and revokes them, and the text of each. */
import { Effect, Layer, Redacted } from "effect"
import * as SqliteJournal from "../../src/adapters/journal/Sqlite.ts"
import * as RandomIdentity from "../../src/adapters/RandomIdentity.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import { Tokens } from "../../src/core/access/Tokens.ts"
import type { Role } from "../../src/domain/access/Role.ts"
import { Principal, Timestamp, type TokenId } from "../../src/domain/Ids.ts"
import type { Home } from "./io3.ts"

export interface Held {
  readonly id: TokenId
  readonly text: string
  readonly headers: { readonly authorization: string }
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

/** One that nobody has issued. */
export const unknown: Omit<Held, "id"> = {
  text: `io3_${"w".repeat(43)}`,
  headers: bearer(`io3_${"w".repeat(43)}`)
}

export const tokensIn = ({ data }: Home) => {
  const layer = Tokens.layer.pipe(
    Layer.provide(
      Layer.mergeAll(
        SqliteJournal.layer({ directory: data, mode: "in-thread" }),
        AesVault.layer({ directory: data }),
        RandomIdentity.layer
      )
    )
  )
  const using = <A, E>(use: (tokens: Tokens["Service"]) => Effect.Effect<A, E>) =>
    Tokens.use(use).pipe(Effect.provide(Layer.fresh(layer)), Effect.orDie)
  return {
    /** `millis` from now on it counts no more. */
    issue: (name: string, role: Role, millis?: number): Effect.Effect<Held> =>
      using(({ issue }) =>
        issue({
          principal: Principal.make(name),
          role,
          expiresAt: millis === undefined ? null : Timestamp.make(Date.now() + millis)
        })
      ).pipe(
        Effect.map(({ facts, text }) => ({
          id: facts.id,
          text: Redacted.value(text),
          headers: bearer(Redacted.value(text))
        }))
      ),
    /** The text that a page may log in by, once. */
    offer: (id: TokenId): Effect.Effect<string> =>
      Effect.map(
        using(({ offer }) => offer(id)),
        ({ text }) => Redacted.value(text)
      ),
    revoke: (id: TokenId) => Effect.asVoid(using(({ revoke }) => revoke(id)))
  }
}
