/** Owns how a run's standing looks. */
import type { Answer } from "../server/contract.ts"
import { strings } from "../strings.ts"
import { Badge, type Tone } from "../ui/Parts.tsx"

export type StandingName = Answer<"runs.list">["runs"][number]["standing"]

const TONES: Readonly<Record<StandingName, Tone>> = {
  running: "plain",
  indeterminate: "wait",
  abandoned: "wait",
  held: "wait",
  released: "good",
  refused: "bad",
  failed: "bad",
  cancelled: "plain",
  broken: "bad"
}

export const STANDINGS = Object.keys(TONES) as ReadonlyArray<StandingName>

export const Standing = ({ of }: { readonly of: StandingName }) => (
  <Badge tone={TONES[of]}>{strings.ledger.standings[of]}</Badge>
)
