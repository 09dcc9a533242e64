/** Owns where something is written and sent: with a file, in many lines, and kept until it is sent. */
import { useEffect, useRef, useState } from "preact/hooks"
import { hrefOf } from "../route.ts"
import { strings } from "../strings.ts"
import { Icon } from "../ui/Icon.tsx"
import { Busy, Button, IconButton } from "../ui/Parts.tsx"
import { mayAsk, role } from "../who/who.ts"
import { asking, cancel } from "./asking.ts"
import { attachFiles, draft, isSendingUp, sendDraft, write } from "./composing.ts"
import { openTurn, statusOf } from "./conversation.ts"
import { isSend } from "./keys.ts"
import { conversation, session } from "./watching.ts"
import { Options } from "./Options.tsx"

const { composer: said } = strings.chat

/** Why nothing can be asked now; null where something can. */
const hindrance = (): string | null => {
  if (!mayAsk.value) return role.value === "steward" ? said.stewardRole : said.viewer
  switch (statusOf(conversation.value)) {
    case "closed":
      return said.closed
    case "at_limit":
      return said.atLimit
    case "paused":
      return said.held
    default:
      return null
  }
}

const filesIn = (transfer: DataTransfer | null): ReadonlyArray<File> => [...(transfer?.files ?? [])]

const Attachment = () => {
  const { file } = draft.value
  if (isSendingUp.value)
    return (
      <p class="attached">
        <Busy />
        {said.sendingUp}
      </p>
    )
  if (!file) return null
  return (
    <p class="attached">
      <Icon name="file" size={16} />
      <bdi>{file.name}</bdi>
      {file.chars > 0 && <small>{said.chars(file.chars)}</small>}
      <IconButton label={said.detach(file.name)} onClick={() => write({ file: null })}>
        <Icon name="close" size={16} />
      </IconButton>
    </p>
  )
}

/** `editLast` opens what was asked last, to be asked anew. */
export const Composer = ({ editLast }: { readonly editLast: () => void }) => {
  const field = useRef<HTMLTextAreaElement>(null)
  const chooser = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const id = session.value
  const open = openTurn(conversation.value)
  const why = hindrance()
  const isBusy = open !== null || asking.value !== null
  const maySend = why === null && !isBusy && draft.value.text.trim() !== "" && !isSendingUp.value

  // A keyboard that covers half of a small screen comes when it is asked for.
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true })
  }, [id])

  const keyed = (event: KeyboardEvent) => {
    if (isSend(event)) {
      event.preventDefault()
      if (maySend) sendDraft()
    } else if (event.key === "ArrowUp" && draft.value.text === "" && !isBusy) {
      event.preventDefault()
      editLast()
    }
  }
  const pasted = (event: ClipboardEvent) => {
    const files = filesIn(event.clipboardData)
    if (files.length === 0) return
    event.preventDefault()
    void attachFiles(files)
  }
  const isClosed = why !== null && why !== said.held
  // Wherever a file is dropped, it is meant for the message: a browser would leave the page for it.
  useEffect(() => {
    const holdsFiles = ({ dataTransfer }: DragEvent) => [...(dataTransfer?.types ?? [])].includes("Files")
    const over = (event: DragEvent) => {
      if (!holdsFiles(event)) return
      event.preventDefault()
      setOver(!isClosed)
    }
    const gone = ({ relatedTarget }: DragEvent) => relatedTarget === null && setOver(false)
    const dropped = (event: DragEvent) => {
      if (!holdsFiles(event)) return
      event.preventDefault()
      setOver(false)
      if (!isClosed) void attachFiles(filesIn(event.dataTransfer))
    }
    const stop = new AbortController()
    document.addEventListener("dragover", over, stop)
    document.addEventListener("dragleave", gone, stop)
    document.addEventListener("drop", dropped, stop)
    return () => stop.abort()
  }, [isClosed])
  if (isClosed)
    return (
      <div class="composer closed">
        <p>{why}</p>
        {mayAsk.value && (
          <a class="button" href={hrefOf("chat")}>
            {strings.chat.list.new}
          </a>
        )}
      </div>
    )
  return (
    <form
      class={`composer ${isOver ? "over" : ""}`}
      onSubmit={(event) => (event.preventDefault(), maySend && sendDraft())}
    >
      {why !== null && <p class="hindrance">{why}</p>}
      {isOver && <p class="hindrance">{said.drop}</p>}
      <Attachment />
      <div class="writing">
        <textarea
          ref={field}
          id="message"
          dir="auto"
          rows={1}
          aria-label={said.label}
          aria-keyshortcuts="Enter"
          placeholder={said.placeholder}
          value={draft.value.text}
          onInput={({ currentTarget }) => write({ text: currentTarget.value })}
          onKeyDown={keyed}
          onPaste={pasted}
        />
        <input
          ref={chooser}
          type="file"
          hidden
          onChange={({ currentTarget }) => {
            void attachFiles([...(currentTarget.files ?? [])])
            currentTarget.value = ""
          }}
        />
        {open?.standing === "running" ? (
          <Button class="send" onClick={() => void cancel(open.run)} aria-keyshortcuts="Escape">
            <Icon name="stop" />
            {said.stop}
          </Button>
        ) : (
          <Button class="send" kind="main" type="submit" disabled={!maySend}>
            <Icon name="send" />
            {said.send}
          </Button>
        )}
      </div>
      <div class="under">
        <IconButton label={said.attach} onClick={() => chooser.current?.click()}>
          <Icon name="file" size={18} />
        </IconButton>
        <Options />
      </div>
    </form>
  )
}
