/** Owns who somebody is to the server, on the page: their name and role, what the roles may do, and the way out. */
import { useState } from "preact/hooks"
import { respond } from "../server/ask.ts"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Button, Facts, RefusalNote } from "../ui/Parts.tsx"
import { Section } from "./Section.tsx"

const words = strings.system.who
const ROLES = Object.keys(words.roles) as ReadonlyArray<keyof typeof words.roles>

/** The cookie that let somebody in counts no more: what the page knows goes with it. */
const logout = async (failed: (why: unknown) => void): Promise<void> => {
  try {
    await respond("logins.logout", {}, { accept: "application/json" })
    location.reload()
  } catch (why) {
    failed(why)
  }
}

export const Who = () => {
  const answered = useAnswer("logins.whoami")
  const [why, setWhy] = useState<unknown>(null)
  return (
    <Section
      id="who"
      title={words.title}
      of={answered}
      aside={
        answered.answer?.closed && (
          <Button kind="plain" onClick={() => void logout(setWhy)}>
            {words.logout}
          </Button>
        )
      }
    >
      {({ principal, role, closed, content_release, version }) => (
        <>
          {why !== null && <RefusalNote why={why} />}
          <Facts
            facts={[
              { name: words.principal, value: principal },
              { name: words.role, value: role },
              { name: words.content, value: content_release ? words.yes : words.no },
              { name: words.version, value: version }
            ]}
          />
          {closed ? null : <p class="about">{words.local}</p>}
          <dl class="roles">
            {ROLES.map((name) => (
              <div key={name} class={name === role ? "own" : ""}>
                <dt>{name}</dt>
                <dd>{words.roles[name]}</dd>
              </div>
            ))}
          </dl>
          <p class="about">{words.tokens}</p>
        </>
      )}
    </Section>
  )
}
