/** Owns the part of the page called inbox. */
import type { PartProps } from "../Frame.tsx"
import { strings } from "../strings.ts"
import { Empty } from "../ui/Parts.tsx"

export const Inbox = ({ id: _id }: PartProps) => <Empty title={strings.inbox.title} />
