/** Owns what the sections of the system's part have in common: a heading, and an answer that is on its way, there or refused. */
import type { ComponentChildren } from "preact"
import type { Answered } from "../server/useAnswer.ts"
import { Busy, RefusalNote } from "../ui/Parts.tsx"

interface SectionProps<A> {
  readonly id: string
  readonly title: string
  readonly of: Answered<A>
  readonly aside?: ComponentChildren
  readonly children: (answer: A) => ComponentChildren
}

export const Section = <A,>({ id, title, of, aside, children }: SectionProps<A>) => (
  <section aria-labelledby={id} aria-busy={of.isAsking}>
    <div class="section-head">
      <h2 id={id}>{title}</h2>
      {aside}
    </div>
    {of.why !== null ? (
      <RefusalNote why={of.why} again={of.again} />
    ) : of.answer === null ? (
      <Busy />
    ) : (
      children(of.answer)
    )}
  </section>
)
