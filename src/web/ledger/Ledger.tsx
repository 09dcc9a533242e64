/** Owns the part of the page called ledger. */
import type { PartProps } from "../Frame.tsx"
import { strings } from "../strings.ts"
import { Empty } from "../ui/Parts.tsx"

export const Ledger = ({ id: _id }: PartProps) => <Empty title={strings.ledger.title} />
