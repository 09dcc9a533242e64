/** Owns how that is named which a held turn is a part of: by its title, to the letter, else by its id. */
import { Marked } from "../ui/ExactText.tsx"
import { hostName, hostTitle } from "./facts.ts"
import type { Pending } from "./fold.ts"

export const Host = ({ pending }: { readonly pending: Pending }) => {
  const title = hostTitle(pending)
  const name = hostName(pending)
  if (title === null) return <span>{name}</span>
  return (
    <bdi class="host-title" title={name}>
      “<Marked text={title} />”
    </bdi>
  )
}
