/** Owns the part of the page called chat. */
import type { PartProps } from "../Frame.tsx"
import { strings } from "../strings.ts"
import { Empty } from "../ui/Parts.tsx"

export const Chat = ({ id: _id }: PartProps) => <Empty title={strings.chat.title} />
