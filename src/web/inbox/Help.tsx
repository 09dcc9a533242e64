/** Owns the dialog that says which key does what, and what can be set about the inbox. */
import { strings } from "../strings.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { keys, patience, PATIENCE } from "./settings.ts"

const { inbox: words } = strings

export const Help = ({ close }: { readonly close: () => void }) => (
  <Dialog title={words.help.title} close={close}>
    <dl class="keys">
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
  </Dialog>
)
