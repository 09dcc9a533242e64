/** Owns which persona contract a mode speaks under; the words themselves are configuration. */
import { Content } from "../Content.ts"
import type { Mode } from "../Ids.ts"
import type { Settings } from "./Settings.ts"

type PersonaFile = Settings["persona"]

/** The contract of a mode; a mode without one speaks under the executor's. */
export const contractOf = (persona: PersonaFile, mode: Mode): Content => {
  const of = (name: string) => persona.persona.modes.find((entry) => entry.name === name)?.contract
  return of(mode) ?? of("executor") ?? Content.empty
}

/** The first line of every system prompt: who is speaking, and how. */
export const introduction = (identity: PersonaFile["identity"]): Content =>
  Content.concat(
    [
      Content.concat(["You are ", identity.name.trim(), "."]),
      identity.description?.trim() ?? Content.empty,
      identity.style?.trim() ?? Content.empty
    ].flatMap((part, index) => (part.isBlank ? [] : index === 0 ? [part] : [" ", part]))
  )
