/** Owns what can be done with keys, to be looked up. */
import { strings } from "../strings.ts"
import { Dialog } from "../ui/Dialog.tsx"

const { help: said } = strings.chat

export const Help = ({ close }: { readonly close: () => void }) => (
  <Dialog title={said.title} close={close}>
    <dl class="key-list">
      {said.keys.map(([key, does]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  </Dialog>
)
