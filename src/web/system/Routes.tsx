/** Owns the routes on the page, drawn: from each mode to who answers it, and to who does otherwise. */
import type { Answer } from "../server/contract.ts"
import type { Answered } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Badge } from "../ui/Parts.tsx"
import { Section } from "./Section.tsx"

type Routes = Answer<"system.routes">
type Route = Routes[number]["route"]

const words = strings.system.routes

/** An arrow that is read as a word. */
const Arrow = ({
  label,
  isOtherwise = false
}: {
  readonly label: string
  readonly isOtherwise?: boolean
}) => (
  <span class={`route-arrow ${isOtherwise ? "otherwise" : ""}`}>
    <span class="unseen">{label}</span>
    <svg viewBox="0 0 40 12" width="40" height="12" aria-hidden="true">
      <path class="shaft" d="M0 6h37" />
      <path d="M32 2l5 4-5 4" />
    </svg>
  </span>
)

const Place = ({ at }: { readonly at: { readonly provider: string; readonly model: string } | null }) =>
  at === null ? (
    <span class="route-place stand-in">{words.standIn}</span>
  ) : (
    <span class="route-place">
      <span class="provider">{at.provider}</span> {at.model}
    </span>
  )

const Line = ({ mode, selected, alternate, fallbackReason }: Route) => (
  <li>
    <span class="mode">
      {mode} {mode === "challenger" && <Badge>{words.challenger}</Badge>}
    </span>
    <span class="leads">
      <Arrow label={words.primary} />
      <Place at={selected} />
    </span>
    {alternate && (
      <span class="leads">
        <Arrow label={words.fallback} isOtherwise />
        <Place at={alternate} />
      </span>
    )}
    {fallbackReason && <Badge tone="wait">{words.reason(fallbackReason)}</Badge>}
  </li>
)

export const Routes = ({ of }: { readonly of: Answered<Routes> }) => (
  <Section id="routes" title={words.title} of={of}>
    {(routes) => (
      <>
        <p class="about">{routes.length === 0 ? words.none : words.about}</p>
        <ul class="quiet-list routes">
          {routes.map(({ route }) => (
            <Line key={route.mode} {...route} />
          ))}
        </ul>
      </>
    )}
  </Section>
)
