/** Owns the part of the page called system. */
import type { PartProps } from "../Frame.tsx"
import { strings } from "../strings.ts"
import { Empty } from "../ui/Parts.tsx"

export const System = ({ id: _id }: PartProps) => <Empty title={strings.system.title} />
