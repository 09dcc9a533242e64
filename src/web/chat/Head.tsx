/** Owns what stands above a conversation: its title and how it stands. */
import { useState } from "preact/hooks"
import { ask } from "../server/ask.ts"
import { strings } from "../strings.ts"
import { announce } from "../ui/Announcer.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { Badge, Button, Facts, IconButton } from "../ui/Parts.tsx"
import { toast } from "../ui/Toasts.tsx"
import { isNamed, leave, mayAsk } from "../who/who.ts"
import { openTurn, type SessionState, statusOf, type Turn } from "./conversation.ts"
import { time } from "./facts.ts"
import { conversation, session, told } from "./watching.ts"
import { refusalOf } from "./Problem.tsx"
import { refreshSessions, titleOf } from "./sessions.ts"

const { head: said, list } = strings.chat

const Closing = ({ close }: { readonly close: () => void }) => {
  const done = async () => {
    try {
      told(await ask("sessions.close", { places: { session: session.value! } }))
      announce(said.closed)
      void refreshSessions()
    } catch (why) {
      toast(refusalOf(why).title)
    }
    close()
  }
  return (
    <Dialog title={said.closeTitle} close={close}>
      <p>{said.closeBody}</p>
      <div class="row">
        <Button onClick={close}>{strings.common.cancel}</Button>
        <Button kind="danger" onClick={() => void done()}>
          {said.close}
        </Button>
      </div>
    </Dialog>
  )
}

/** With those of the turn that waits, as a steward reads it; null where nobody has counted them. */
const tokensOf = ({ tokens }: SessionState, open: Turn | null): number | null => {
  if (open?.standing !== "held" || !open.facts) return tokens
  const { input_tokens: input, output_tokens: output } = open.facts
  return input === null || output === null ? null : tokens + input + output
}

export const Head = ({
  showList,
  showHelp
}: {
  /** Null where the list is there anyway. */
  readonly showList: (() => void) | null
  readonly showHelp: () => void
}) => {
  const [isClosing, setClosing] = useState(false)
  const { session: state, title } = conversation.value
  const id = session.value
  const status = statusOf(conversation.value)
  const open = openTurn(conversation.value)
  const tokens = state && tokensOf(state, open)
  const name =
    id === null ? list.new : (title ?? titleOf(id) ?? (state ? list.untitled(time(state.created_at)) : ""))
  const mayClose = mayAsk.value && id !== null && status === "active" && open === null
  return (
    <header class="head">
      {showList && (
        <IconButton label={list.open} onClick={showList}>
          <Icon name="list" />
        </IconButton>
      )}
      <div class="titling">
        <h1 dir="auto">{name}</h1>
        {state && state.turns_begun > 0 && (
          <Facts
            facts={[
              { name: "", value: said.turns(state.turn_count, state.max_turns) },
              { name: "", value: tokens === null ? null : said.tokens(tokens) }
            ]}
          />
        )}
      </div>
      {status === "closed" && <Badge>{list.closed}</Badge>}
      {status === "at_limit" && <Badge>{list.atLimit}</Badge>}
      {mayClose && (
        <IconButton label={said.close} onClick={() => setClosing(true)}>
          <Icon name="archive" size={18} />
        </IconButton>
      )}
      <IconButton label={strings.chat.help.open} aria-keyshortcuts="?" onClick={showHelp}>
        <Icon name="keys" size={18} />
      </IconButton>
      {isNamed.value && (
        <Button kind="plain" onClick={() => void leave()}>
          {strings.who.leave}
        </Button>
      )}
      {isClosing && <Closing close={() => setClosing(false)} />}
    </header>
  )
}
