/** Owns how one turn is shown: what was asked, what was answered or why not, and what is known of it. */
import type { ComponentChildren } from "preact"
import { useMemo } from "preact/hooks"
import { hrefOf } from "../route.ts"
import { strings } from "../strings.ts"
import { CopyButton } from "../ui/CopyButton.tsx"
import { Icon } from "../ui/Icon.tsx"
import { Markdown } from "../ui/Markdown.tsx"
import { Busy, Button, Facts, IconButton } from "../ui/Parts.tsx"
import { askInstead } from "./composing.ts"
import { isOver, promptOf, textOf, type Turn } from "./conversation.ts"
import { factsOf, time } from "./facts.ts"
import { chosen } from "./watching.ts"
import { Problem, problemOf } from "./Problem.tsx"
import { Rewrite } from "./Rewrite.tsx"

const { chat } = strings

interface Props {
  readonly turn: Turn
  readonly alternatives: ReadonlyArray<number>
  /** Whether something may be asked now. */
  readonly mayAsk: boolean
  readonly isEdited: boolean
  readonly edit: (index: number | null) => void
}

const personaOf = ({ past, accepted, receipt }: Turn): string =>
  past?.persona_mode ?? accepted?.route.mode ?? receipt?.mode ?? "executor"

const askAgain = (turn: Turn, prompt: string): void =>
  void askInstead(turn.index!, prompt, personaOf(turn), turn.past?.file ?? null)

const Pager = ({ turn, alternatives }: Pick<Props, "turn" | "alternatives">) => {
  const at = alternatives.indexOf(turn.index!)
  const see = (index: number | undefined, side: number) => {
    if (index === undefined) return
    chosen.value = index
    // The one that is shown then is another turn: whoever pages goes on from there.
    requestAnimationFrame(() => {
      const sides = [...(document.getElementById(`pager-${index}`)?.querySelectorAll("button") ?? [])]
      const next = sides[side]?.disabled ? sides[1 - side] : sides[side]
      next?.focus()
    })
  }
  if (alternatives.length < 2) return null
  return (
    <span
      class="pager"
      id={`pager-${turn.index}`}
      role="group"
      aria-label={chat.pager.label(at + 1, alternatives.length)}
    >
      <IconButton label={chat.pager.before} disabled={at === 0} onClick={() => see(alternatives[at - 1], 0)}>
        <Icon name="back" size={16} />
      </IconButton>
      <span>{chat.pager.shown(at + 1, alternatives.length)}</span>
      <IconButton
        label={chat.pager.after}
        disabled={at === alternatives.length - 1}
        onClick={() => see(alternatives[at + 1], 1)}
      >
        <Icon name="next" size={16} />
      </IconButton>
    </span>
  )
}

export const Prompt = ({
  text,
  withFile,
  children
}: {
  readonly text: string | null
  readonly withFile: boolean
  readonly children?: ComponentChildren
}) => (
  <div class="asked">
    <h3 class="unseen">{chat.you}</h3>
    <div class="words" dir="auto">
      {text ?? <em>{chat.noPrompt}</em>}
      {withFile && (
        <span class="with-file">
          <Icon name="file" size={14} />
          {chat.withFile}
        </span>
      )}
    </div>
    {children}
  </div>
)

const Held = ({ turn: { run, threshold, pause } }: { readonly turn: Turn }) => {
  const { held } = chat
  return (
    <div class="note wait">
      <strong>{held.title}</strong>
      <span>{held.body(threshold ? held.thresholds[threshold] : "")}</span>
      {pause && (
        <code>
          {held.since(time(pause.held_at))}
          {pause.deadline !== null && `, ${held.until(time(pause.deadline))}`}
        </code>
      )}
      <div class="row">
        <a class="button" href={hrefOf("inbox", run)}>
          {held.inbox}
        </a>
      </div>
    </div>
  )
}

const Notes = ({ turn }: { readonly turn: Turn }) => {
  const leftOut = turn.facts?.left_out_chars ?? turn.accepted?.left_out_chars ?? 0
  const dropped = turn.facts?.history?.dropped ?? 0
  return (
    <>
      {dropped > 0 && <p class="left-out">{chat.dropped(dropped)}</p>}
      {leftOut > 0 && <p class="left-out">{chat.leftOut(leftOut)}</p>}
    </>
  )
}

const Rest = ({ turn, mayAsk }: Pick<Props, "turn" | "mayAsk">) => {
  const prompt = promptOf(turn)
  if (turn.standing === "held") return <Held turn={turn} />
  if (turn.standing === "running" && textOf(turn) === "")
    return (
      <p class="soon">
        <Busy />
        {turn.accepted?.audit ? chat.running.audited : chat.running.waiting}
      </p>
    )
  if (turn.standing !== "error" || turn.error === null) return null
  return (
    <Problem said={problemOf(turn.error)} tone={turn.error === "RUN_CANCELLED" ? "quiet" : "bad"}>
      {mayAsk && prompt !== null && (
        <Button onClick={() => askAgain(turn, prompt)} title={chat.problem.newRun}>
          {chat.problem.again}
        </Button>
      )}
    </Problem>
  )
}

const Answer = ({ turn, alternatives, mayAsk }: Props) => {
  const text = textOf(turn)
  const prompt = promptOf(turn)
  const { decided } = turn
  return (
    <div class="answered">
      <h3 class="unseen">{chat.answerOf(personaOf(turn))}</h3>
      <Notes turn={turn} />
      {text !== "" && <Markdown text={text} isWhole={isOver(turn)} />}
      <Rest turn={turn} mayAsk={mayAsk} />
      <footer>
        <div class="known" role="group" aria-label={chat.facts.label}>
          <Facts facts={factsOf(turn)} />
          {decided !== null && turn.standing === "ok" && <span class="decided">{chat.decided[decided]}</span>}
        </div>
        <div class="acts">
          <a href={hrefOf("ledger", turn.run)} aria-label={chat.facts.ledgerOf(turn.run)}>
            {chat.facts.ledger}
          </a>
          {isOver(turn) && (
            <>
              <Pager turn={turn} alternatives={alternatives} />
              {text !== "" && <CopyButton text={() => text} label={chat.copyAnswer} />}
              {prompt !== null && (
                <IconButton label={chat.regenerate} disabled={!mayAsk} onClick={() => askAgain(turn, prompt)}>
                  <Icon name="again" size={16} />
                </IconButton>
              )}
            </>
          )}
        </div>
      </footer>
    </div>
  )
}

const TurnOf = (props: Props) => {
  const { turn, isEdited, edit, mayAsk } = props
  const prompt = promptOf(turn)
  return (
    <article class="turn" aria-label={chat.turn(turn.index! + 1)}>
      {isEdited && prompt !== null ? (
        <Rewrite text={prompt} close={() => edit(null)} send={(text) => (edit(null), askAgain(turn, text))} />
      ) : (
        <Prompt text={prompt} withFile={turn.asked?.hasFile === true || (turn.past?.file ?? null) !== null}>
          {prompt !== null && (
            <div class="acts">
              <CopyButton text={() => prompt} label={chat.copyPrompt} />
              <IconButton label={chat.edit} disabled={!mayAsk} onClick={() => edit(turn.index)}>
                <Icon name="edit" size={16} />
              </IconButton>
            </div>
          )}
        </Prompt>
      )}
      <Answer {...props} />
    </article>
  )
}

/** A turn that has not changed is not made again, however long the conversation. */
export const TurnView = (props: Props) => {
  const { turn, alternatives, mayAsk, isEdited, edit } = props
  return useMemo(() => <TurnOf {...props} />, [turn, alternatives.join(), mayAsk, isEdited, edit])
}
