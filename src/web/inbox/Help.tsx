/** Owns the dialog that says which key does what, and what can be set about the inbox. */
import { useEffect, useRef } from "preact/hooks"
import { strings } from "../strings.ts"
import { IconButton } from "../ui/Parts.tsx"
import { Icon } from "../ui/Icon.tsx"
import { keys, patience, PATIENCE } from "./settings.ts"

const { common, inbox: words } = strings

export const Help = ({ close }: { readonly close: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      class="inbox-help"
      aria-labelledby="inbox-help"
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div>
        <header>
          <h2 id="inbox-help">{words.help.title}</h2>
          <IconButton label={common.close} onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </IconButton>
        </header>
        <dl class="inbox-keys">
          {words.help.keys.map(([key, what]) => (
            <div key={key}>
              <dt>
                {key.split(", ").map((one) => (
                  <kbd key={one}>{one}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <label class="inbox-setting">
          <input
            type="checkbox"
            checked={keys.value === "on"}
            onChange={(event) => (keys.value = event.currentTarget.checked ? "on" : "off")}
          />
          {words.help.enabled}
        </label>
        <label class="inbox-setting">
          {words.undo.window}
          <select
            class="field"
            value={patience.value}
            onChange={(event) => (patience.value = event.currentTarget.value)}
          >
            {PATIENCE.map((seconds) => (
              <option key={seconds} value={String(seconds)}>
                {words.undo.seconds(seconds)}
              </option>
            ))}
          </select>
        </label>
        <p class="soft">{words.help.leaving}</p>
      </div>
    </dialog>
  )
}
