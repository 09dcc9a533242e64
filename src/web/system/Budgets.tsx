/** Owns budgets on the page: bars of what is spent and reserved, with the numbers, and when more comes back. */
import { count, moment } from "../format.ts"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Bar } from "../ui/Bar.tsx"
import { Section } from "./Section.tsx"

const words = strings.system.budgets
const KINDS = ["calls", "tokens"] as const

export const Budgets = () => {
  const account = useAnswer("system.budgets")
  return (
    <Section id="budgets" title={words.title} of={account}>
      {({ principal, window, limits, spent, reserved, next }) => (
        <>
          <p class="about">{words.about(principal, count(window.hours))}</p>
          <div class="bars">
            {KINDS.map((kind) => {
              const limit = limits[kind]
              const used = words.spent(
                count(spent[kind]),
                reserved[kind] === 0 ? null : count(reserved[kind])
              )
              return (
                <Bar
                  key={kind}
                  label={words[kind]}
                  text={limit === null ? words.unlimited(used) : words.of(used, count(limit))}
                  used={spent[kind]}
                  reserved={reserved[kind]}
                  limit={limit}
                />
              )
            })}
          </div>
          {next && <p class="about">{words.next(count(next.calls), count(next.tokens), moment(next.at))}</p>}
        </>
      )}
    </Section>
  )
}
