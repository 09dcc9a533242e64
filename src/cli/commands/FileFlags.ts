/** Owns the flags that name a file somebody else has made. */
import { Flag } from "effect/cli"

export const file = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("FILE"), Flag.withDescription(description), Flag.optional)

/** Wherever something signed is checked. */
export const publicKey = file("public-key", "The key it has to be signed with, or a file with that key")
