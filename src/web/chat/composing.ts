/** Owns what is being written, in the conversation that is shown: kept with each letter, gone when it is sent. */
import { signal } from "@preact/signals"
import { strings } from "../strings.ts"
import { sendUp, Refusal } from "../server/ask.ts"
import { toast } from "../ui/Toasts.tsx"
import { conversation, session } from "./watching.ts"
import {
  type Asking,
  type Draft,
  blank,
  draftOf,
  keepDraft,
  type StartBody,
  type TurnBody
} from "./drafts.ts"
import { send } from "./asking.ts"

export const draft = signal<Draft>(blank)
export const isSendingUp = signal(false)

const LARGEST = 2 * 1024 * 1024

export const openDraft = (id: string | null): void => {
  draft.value = draftOf(id)
}

export const write = (change: Partial<Draft>): void => {
  draft.value = { ...draft.value, ...change }
  keepDraft(session.value, draft.value)
}

type ModeId = NonNullable<TurnBody["persona_mode"]>
type PackIds = NonNullable<TurnBody["memory_packs"]>

/** What was chosen, as far as something was. */
const chosen = ({ persona, audit, packs }: Draft) => ({
  ...(persona !== null && { persona_mode: persona as ModeId }),
  ...(audit !== null && { audit }),
  ...(packs !== null && { memory_packs: packs as unknown as PackIds })
})

/** Sends what is written; false where there is nothing to send. */
export const sendDraft = (): boolean => {
  const { text, file, mode, ...options } = draft.value
  const prompt = text.trim()
  if (prompt === "" || isSendingUp.value) return false
  if (file && file.until < Date.now()) {
    write({ file: null })
    toast(strings.chat.composer.expired)
    return false
  }
  const isFirst = session.value === null
  const how = chosen(draft.value)
  const body: TurnBody = { prompt, ...(file && { file_ref: file.ref }), ...(isFirst ? {} : how) }
  const start: Omit<StartBody, "title"> | null = isFirst ? { mode, ...how } : null
  // What was chosen for this conversation stays chosen; of a new one, it is the conversation's own.
  const { persona, audit, packs } = options
  const next = isFirst ? blank : { ...blank, persona, audit, packs }
  draft.value = next
  keepDraft(session.value, next)
  send(body, file?.name ?? null, start)
  return true
}

/** Puts back what could not be asked. */
export const restore = ({ body, fileName }: Asking): void => {
  const ref = body.file_ref
  const file = ref && fileName ? { name: fileName, chars: 0, ref, until: Date.now() + 60_000 } : null
  const { text } = draft.value
  write({
    text: text.trim() === "" ? body.prompt : `${body.prompt}\n\n${text}`,
    file: file ?? draft.value.file
  })
}

/** Asks a turn anew, or something else in its place. */
export const askInstead = async (
  index: number,
  prompt: string,
  persona: string,
  file: string | null
): Promise<void> => {
  const sent = file === null ? null : await attach(new File([file], "file"))
  if (file !== null && sent === null) return
  const { packs, audit } = draft.value
  send(
    {
      prompt,
      instead_of: index,
      ...chosen({ ...blank, persona, packs, audit }),
      ...(sent && { file_ref: sent.ref })
    },
    null,
    null
  )
}

/** Sends a file up; null where it cannot be one, which is said by name. */
const attach = async (file: File): Promise<Draft["file"]> => {
  const { files } = strings.chat
  const no = (why: string) => (toast(why, null, 8000), null)
  if (file.size > LARGEST) return no(files.tooLarge(file.name))
  if (file.size === 0) return no(files.empty(file.name))
  isSendingUp.value = true
  try {
    const { file_ref, chars, expires_at } = await sendUp(file)
    return { name: file.name, chars, ref: file_ref, until: expires_at }
  } catch (why) {
    const problem = why instanceof Refusal ? why.problem : null
    if (problem?.code === "UNSUPPORTED_FILE_TYPE")
      return no(files.kind(file.name, problem.file_kind ?? files.otherKind))
    if (problem?.code === "FILE_NOT_TEXT") return no(files.notText(file.name))
    if (problem?.code === "FILE_TOO_LARGE") return no(files.tooLarge(file.name))
    return no(files.failed(file.name))
  } finally {
    isSendingUp.value = false
  }
}

export const attachFiles = async (files: ReadonlyArray<File>): Promise<void> => {
  const [first, ...others] = files
  if (!first) return
  const of = session.value
  const file = await attach(first)
  if (file && session.value === of) write({ file })
  if (others.length > 0) toast(strings.chat.files.one)
}

/** The mode that a turn is asked in unless one is chosen. */
export const personaOf = (): string =>
  draft.value.persona ?? conversation.value.session?.persona_mode ?? "executor"

export const auditOf = (): boolean => draft.value.audit ?? conversation.value.session?.audit ?? false
