/** Owns how `io3 doctor` is typed. */
import { Command } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const doctor = Command.make(
  "doctor",
  {},
  onDemand(({ doctor }) => doctor.doctor)
).pipe(Command.withDescription("Look for faults of this installation, and say how to put each right"))
