/** Owns `io3 token`: what is printed of tokens. A token, and what a page logs in by, goes to standard output, once, and nowhere else. */
import { Clock, Effect, Option, Redacted } from "effect"
import {
  IssuedOutput,
  OfferedOutput,
  RevokedOutput,
  tokenOutput,
  TokensOutput
} from "../api/results/TokenResults.ts"
import { Tokens } from "../core/access/Tokens.ts"
import type { Role } from "../domain/access/Role.ts"
import { type Principal, Timestamp } from "../domain/Ids.ts"
import { type Moment, written } from "./Moment.ts"
import { note, print } from "./Output.ts"
import { root } from "./root.ts"

interface CreateFlags {
  readonly name: Principal
  readonly role: Role
  readonly expires: Option.Option<Moment>
}

export const create = Effect.fn(function* ({ name, role, expires }: CreateFlags) {
  const { output } = yield* root
  const now = yield* Clock.currentTimeMillis
  const expiresAt = Option.map(expires, (moment) => Timestamp.make(moment(now)))
  const { facts, text } = yield* (yield* Tokens).issue({
    principal: name,
    role,
    expiresAt: Option.getOrNull(expiresAt)
  })
  const token = Redacted.value(text)
  yield* print(output, IssuedOutput, { ...tokenOutput(facts, now), token }, () => token)
  if (output === "text") {
    yield* note(
      `${role} ${name}${until(facts.expiresAt)}. It is not shown again: io3 token revoke ${facts.id}
A browser is let in by what io3 token login ${facts.id} prints.`
    )
  }
})

const until = (at: number | null): string => (at === null ? "" : `, until ${written(at)}`)

export const list = Effect.fn(function* () {
  const { output } = yield* root
  const now = yield* Clock.currentTimeMillis
  const tokens = (yield* (yield* Tokens).list).map((facts) => tokenOutput(facts, now))
  yield* print(output, TokensOutput, { tokens }, () => tokens.map(line).join("\n") || "There are no tokens.")
})

type Token = (typeof TokensOutput.Type)["tokens"][number]

const line = ({ id, name, role, status, issued_at, expires_at }: Token): string =>
  [id, status.padEnd(7), role.padEnd(8), name, `since ${written(issued_at)}${until(expires_at)}`].join("  ")

export const revoke = Effect.fn(function* ({ token }: { readonly token: string }) {
  const { output } = yield* root
  const revoked = yield* (yield* Tokens).revoke(token)
  const facts = tokenOutput(revoked, yield* Clock.currentTimeMillis)
  yield* print(output, RevokedOutput, facts, ({ id, name }) => `Revoked: ${id} of ${name}`)
})

interface LoginFlags {
  readonly token: string
  readonly at: string
}

/** Behind the `#` it is in no request, and so in no log and no `Referer`. */
export const login = Effect.fn(function* ({ token, at }: LoginFlags) {
  const { output } = yield* root
  const { login, facts, text, until: end } = yield* (yield* Tokens).offer(token)
  const url = `${at}/#/login/${Redacted.value(text)}`
  yield* print(output, OfferedOutput, { id: login, token: facts.id, url, expires_at: end }, () => url)
  if (output === "text") {
    yield* note(`For ${facts.role} ${facts.principal}, once${until(end)}. It is not shown again.`)
  }
})
