/** Owns who somebody is to the server, on the page: their name and role, what the roles may do, and the way out. */
import { strings } from "../strings.ts"
import { Button, Facts } from "../ui/Parts.tsx"
import { caller, isNamed, leave } from "../who/who.ts"

const words = strings.system.who
const ROLES = Object.keys(words.roles) as ReadonlyArray<keyof typeof words.roles>

export const Who = () => {
  if (caller.value === null) return null
  const { principal, role, content_release, version } = caller.value
  return (
    <section aria-labelledby="who">
      <div class="section-head">
        <h2 id="who">{words.title}</h2>
        {isNamed.value && (
          <Button kind="plain" onClick={() => void leave()}>
            {strings.who.leave}
          </Button>
        )}
      </div>
      <Facts
        facts={[
          { name: words.principal, value: principal },
          { name: words.role, value: role },
          { name: words.content, value: content_release ? words.yes : words.no },
          { name: words.version, value: version }
        ]}
      />
      {!isNamed.value && <p class="about">{words.local}</p>}
      <dl class="roles">
        {ROLES.map((name) => (
          <div key={name} class={name === role ? "own" : ""}>
            <dt>{name}</dt>
            <dd>{words.roles[name]}</dd>
          </div>
        ))}
      </dl>
      <p class="about">{words.tokens}</p>
    </section>
  )
}
