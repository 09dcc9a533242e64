/** Owns the flags of every command that decides about a held turn. */
import { Option } from "effect"
import { Flag } from "effect/cli"
import { configuredForm, Principal } from "../../domain/Ids.ts"
import { Reason } from "../../domain/session/Turn.ts"

/** A held turn expires by itself, and by nobody's word. */
const reasons = Reason.literals.filter((reason) => reason !== "expired")

/** At least eight digits. */
export const digest = Flag.String("digest").pipe(
  Flag.withMetavar("DIGEST"),
  Flag.withDescription("The digest that io3 steward show printed, or how it begins: 8 hex digits or more"),
  Flag.filterMap(
    (text) => {
      const digits = text.toLowerCase()
      return /^[0-9a-f]{8,64}$/u.test(digits) ? Option.some(digits) : Option.none()
    },
    () => "not a digest"
  )
)

export const reason = Flag.Literals("reason", reasons).pipe(
  Flag.withDescription("Why; acceptable for what is approved, and other for the rest, when left out"),
  Flag.optional
)

export const service = Flag.String("service").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription(
    `A program decides by a rule, and is recorded under this name (${configuredForm}) and never as a person`
  ),
  Flag.withSchema(Principal),
  Flag.optional
)
