/** Owns how `io3 invariants` is typed. */
import { Command } from "effect/cli"
import { onDemand } from "../OnDemand.ts"

export const invariants = Command.make(
  "invariants",
  {},
  onDemand(({ invariants }) => invariants.invariants)
).pipe(Command.withDescription("Make runs in a throwaway store, and check what must hold of them"))
