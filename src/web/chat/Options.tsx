/** Owns the choices of how something is asked: in which mode, audited or not, with which memory, and who lets the answer out. */
import { ask } from "../server/ask.ts"
import { strings } from "../strings.ts"
import { toast } from "../ui/Toasts.tsx"
import { auditOf, draft, personaOf, write } from "./composing.ts"
import { conversation, session, told } from "./watching.ts"
import { answering, isUnaudited, packs } from "./options.ts"
import { refusalOf } from "./Problem.tsx"

const { options: said } = strings.chat

const Persona = () => {
  const modes = answering.value.map(({ mode }) => mode as string)
  const chosen = personaOf()
  return (
    <label class="option">
      <span class="unseen">{said.persona}</span>
      <select value={chosen} onChange={({ currentTarget }) => write({ persona: currentTarget.value })}>
        {(modes.includes(chosen) ? modes : [chosen, ...modes]).map((mode) => (
          <option key={mode} value={mode}>
            {mode}
          </option>
        ))}
      </select>
    </label>
  )
}

const MODES = ["work", "steward"] as const

const change = async (mode: (typeof MODES)[number]): Promise<void> => {
  const id = session.value
  if (id === null) return write({ mode })
  try {
    told(await ask("sessions.mode", { places: { session: id }, body: { mode } }))
  } catch (why) {
    toast(refusalOf(why).title)
  }
}

const Mode = () => {
  const state = conversation.value.session
  const chosen = session.value === null ? draft.value.mode : (state?.session_mode ?? "work")
  return (
    <fieldset class="option switch">
      <legend>{said.mode}</legend>
      <div>
        {MODES.map((mode) => (
          <label key={mode} title={said.modeHint[mode]}>
            <input
              type="radio"
              name="session-mode"
              value={mode}
              checked={chosen === mode}
              onChange={() => void change(mode)}
            />
            <span>{said[mode]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

const Audit = () => {
  const isAlways = conversation.value.session?.audit === true
  const isWanted = isAlways || auditOf()
  const hint = isAlways ? said.auditAlways : isUnaudited.value ? said.auditNobody : said.auditHint
  return (
    <label class="option check" title={hint}>
      <input
        type="checkbox"
        checked={isWanted}
        // What was chosen before can be taken back.
        disabled={isAlways || (isUnaudited.value && !isWanted)}
        onChange={({ currentTarget }) => write({ audit: currentTarget.checked })}
      />
      <span>{said.audit}</span>
    </label>
  )
}

const Packs = () => {
  const chosen = draft.value.packs
  if (packs.value.length === 0) return null
  const label =
    chosen === null
      ? said.packsDefault
      : chosen.length === 0
        ? said.packsNone
        : said.packsCount(chosen.length)
  const choose = (id: string, isIn: boolean) =>
    write({ packs: isIn ? [...(chosen ?? []), id] : (chosen ?? []).filter((one) => one !== id) })
  return (
    <details class="option packs" onKeyDown={closes} onFocusOut={leaves}>
      <summary>
        <span>{said.packs}</span> {label}
      </summary>
      <fieldset>
        <legend>{said.packsLegend}</legend>
        <label class="check">
          <input
            type="checkbox"
            checked={chosen === null}
            onChange={({ currentTarget }) => write({ packs: currentTarget.checked ? null : [] })}
          />
          <span>{said.packsDefault}</span>
        </label>
        {packs.value.map(({ id, keys }) => (
          <label key={id} class="check">
            <input
              type="checkbox"
              checked={chosen?.includes(id) ?? false}
              onChange={({ currentTarget }) => choose(id, currentTarget.checked)}
            />
            <span>
              <code>{id}</code>{" "}
              <small>{said.packRecords(keys.filter(({ version }) => version > 0).length)}</small>
            </span>
          </label>
        ))}
      </fieldset>
    </details>
  )
}

const closes = (event: KeyboardEvent & { readonly currentTarget: HTMLDetailsElement }) => {
  if (event.key !== "Escape" || !event.currentTarget.open) return
  event.stopPropagation()
  event.currentTarget.open = false
  event.currentTarget.querySelector("summary")?.focus()
}

const leaves = ({
  currentTarget,
  relatedTarget
}: FocusEvent & { readonly currentTarget: HTMLDetailsElement }) => {
  if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) currentTarget.open = false
}

export const Options = () => {
  const state = conversation.value.session
  const isIdle = state?.session_mode === "steward" && !state.thresholds_set
  return (
    <div class="options" role="group" aria-label={said.label}>
      <Persona />
      <Mode />
      <Audit />
      <Packs />
      {isIdle && <small>{said.noThreshold}</small>}
    </div>
  )
}
