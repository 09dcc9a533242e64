/** Owns the flags of a list that is told page by page. */
import { Schema } from "effect"
import { Flag } from "effect/cli"
import { Count } from "../../domain/Ids.ts"

const between = { minimum: 1, maximum: 1000 }

export const limit = Flag.Int("limit").pipe(
  Flag.withDescription(`At most so many: ${between.minimum} to ${between.maximum}`),
  Flag.withSchema(Schema.Int.check(Schema.isBetween(between))),
  Flag.withDefault(20)
)

export const cursor = Flag.Int("cursor").pipe(
  Flag.withDescription("Where the list before ended, as it said"),
  Flag.withSchema(Count),
  Flag.optional
)
