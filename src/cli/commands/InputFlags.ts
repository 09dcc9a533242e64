/** Owns the flags that say what goes into a run besides its words: memory packs, and a capability with its payload. */
import { Flag } from "effect/cli"
import { CapabilityId, PackId } from "../../domain/Ids.ts"
import { off } from "./PromptFlags.ts"

const pack = Flag.String("pack").pipe(
  Flag.withMetavar("ID"),
  Flag.withDescription("A memory pack to be read, as io3 memory packs lists it; may be given several times"),
  Flag.withSchema(PackId),
  Flag.atLeast(0)
)

/** Whose memory records are read. */
export const packs = {
  pack,
  noPacks: off("no-packs", "Read no memory, whatever the configuration has as a default")
}

const capability = Flag.String("capability").pipe(
  Flag.withAlias("capability-id"),
  Flag.withMetavar("ID"),
  Flag.withDescription(
    "A capability, as io3 capabilities lists it, that is invoked before the model is asked; its output leaves with the answer"
  ),
  Flag.withSchema(CapabilityId),
  Flag.optional
)

const payload = Flag.String("payload").pipe(
  Flag.withAlias("capability-payload-json"),
  Flag.withMetavar("JSON"),
  Flag.withDescription(
    "What the capability is given; other users of this machine may see it in the process list"
  ),
  Flag.optional
)

const payloadFile = Flag.String("payload-file").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The same in a file; - is standard input"),
  Flag.optional
)

/** All that a run can be given. */
export const inputs = { ...packs, capability, payload, payloadFile }
