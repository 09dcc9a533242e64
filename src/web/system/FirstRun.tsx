/** Owns the guide to a first model: what to install, which commands, and looking whether it is there. */
import { useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { CopyButton } from "../ui/CopyButton.tsx"
import { Icon } from "../ui/Icon.tsx"
import { Button } from "../ui/Parts.tsx"
import { type Models, type System, systemOf } from "./standIn.ts"

const words = strings.system.first
const SYSTEMS = Object.keys(words.installOn) as ReadonlyArray<System>

const Command = ({ children: command }: { readonly children: string }) => (
  <div class="command">
    <code>{command}</code>
    <CopyButton label={words.copy(command)} text={() => command} />
  </div>
)

const Install = () => {
  const [system, setSystem] = useState(() => systemOf(navigator.platform))
  return (
    <>
      <fieldset class="choice">
        <legend class="unseen">{words.system}</legend>
        {SYSTEMS.map((name) => (
          <label key={name}>
            <input type="radio" name="system" checked={system === name} onChange={() => setSystem(name)} />
            {words.installOn[name].name}
          </label>
        ))}
      </fieldset>
      <Command>{words.installOn[system].command}</Command>
    </>
  )
}

interface FirstRunProps {
  readonly models: Exclude<Models, "there">
  readonly isAsking: boolean
  readonly again: () => void
}

export const FirstRun = ({ models, isAsking, again }: FirstRunProps) => {
  const [hasTried, setHasTried] = useState(false)
  return (
    <section class="first-run" aria-labelledby="first-run">
      <h2 id="first-run">{words.title}</h2>
      {models === "none" && (
        <>
          <p class="about">{words.about}</p>
          <ol>
            <li>
              <strong>{words.install}</strong>
              <Install />
            </li>
            <li>
              <strong>{words.pull}</strong>
              {words.pullCommands.map((command) => (
                <Command key={command}>{command}</Command>
              ))}
            </li>
            <li>
              <strong>{words.init}</strong>
              <Command>{words.initCommand}</Command>
              <span class="about">{words.initHint}</span>
            </li>
          </ol>
        </>
      )}
      <p>{words.next[models]}</p>
      <div class="row">
        <Button
          kind="main"
          aria-busy={isAsking}
          onClick={() => {
            setHasTried(true)
            again()
          }}
        >
          <Icon name="again" />
          {words.again}
        </Button>
        <span role="status" class="about">
          {hasTried && !isAsking && words.still[models]}
        </span>
      </div>
    </section>
  )
}
