/** Owns the memory packs and the capabilities on the page. */
import { count, duration } from "../format.ts"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Badge } from "../ui/Parts.tsx"
import { Section } from "./Section.tsx"

export const Packs = () => {
  const words = strings.system.packs
  const answered = useAnswer("system.packs")
  return (
    <Section id="packs" title={words.title} of={answered}>
      {({ packs, budget_chars }) =>
        packs.length === 0 ? (
          <p class="about">
            {words.none} {words.noneHint}
          </p>
        ) : (
          <>
            <p class="about">{words.about(count(budget_chars))}</p>
            <ul class="quiet-list things">
              {packs.map(({ id, scope, keys, include_packs, default_of_modes, default_of_sessions }) => (
                <li key={id}>
                  <span class="row">
                    <code>{id}</code>
                    {default_of_modes.length > 0 && (
                      <Badge>{words.defaultOf(default_of_modes.join(", "))}</Badge>
                    )}
                    {default_of_sessions && <Badge>{words.sessions}</Badge>}
                  </span>
                  <span class="about">
                    {keys.length === 0
                      ? words.empty
                      : words.records(keys.filter(({ version }) => version > 0).length, keys.length)}
                    {include_packs.length > 0 && `, ${words.includes(include_packs.join(", "))}`}
                  </span>
                  {keys.length > 0 && (
                    <ul class="quiet-list pack-keys">
                      {keys.map(({ key, version, sensitivity }) => (
                        <li key={key} class={version === 0 ? "missing" : ""}>
                          {scope}/{key}
                          {version === 0
                            ? ` (${words.missing})`
                            : sensitivity !== "standard" && ` (${sensitivity})`}
                        </li>
                      ))}
                    </ul>
                  )}
                </li>
              ))}
            </ul>
          </>
        )
      }
    </Section>
  )
}

export const Capabilities = () => {
  const words = strings.system.capabilities
  const answered = useAnswer("system.capabilities")
  return (
    <Section id="capabilities" title={words.title} of={answered}>
      {({ capabilities }) =>
        capabilities.length === 0 ? (
          <p class="about">{words.none}</p>
        ) : (
          <>
            <p class="about">{words.about}</p>
            <ul class="quiet-list things">
              {capabilities.map(({ id, version, description, category, bounds }) => (
                <li key={id}>
                  <span class="row">
                    <code>{id}</code>
                    <span class="fact">{version}</span>
                    <Badge>{category}</Badge>
                  </span>
                  <span>{description}</span>
                  <span class="fact">
                    {words.bounds(
                      duration(bounds.timeout_ms),
                      count(bounds.max_input_chars),
                      count(bounds.max_output_chars)
                    )}
                    {` · ${bounds.side_effects_allowed ? words.effects : words.pure}`}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )
      }
    </Section>
  )
}
