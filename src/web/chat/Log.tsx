/** Owns the messages of the conversation that is open, with what is on its way. */
import { useMemo } from "preact/hooks"
import { strings } from "../strings.ts"
import { Busy, Button } from "../ui/Parts.tsx"
import { asking, giveUp, isThere, refused, tryAgain } from "./asking.ts"
import { restore } from "./composing.ts"
import { openTurn, statusOf } from "./conversation.ts"
import { branchOf } from "./lineage.ts"
import { branch, chosen, conversation, isLoaded, loadOlder, session, turns } from "./watching.ts"
import { Problem, refusalOf } from "./Problem.tsx"
import { BEFORE, Scroller, type Item } from "./Scroller.tsx"
import { Prompt, TurnView } from "./TurnView.tsx"
import { mayAsk } from "../who/who.ts"

const { chat } = strings

/** What was asked and is not on record yet. */
const Pending = () => {
  const todo = asking.value
  const why = refused.value
  if (!todo) return null
  return (
    <article class="turn pending">
      <Prompt text={todo.body.prompt} withFile={todo.body.file_ref !== undefined} />
      <div class="answered">
        {why === null ? (
          <p class="soon">
            <Busy />
            {chat.running.sending}
          </p>
        ) : (
          <Problem said={refusalOf(why)} isNew>
            {(why.retryable || why.status >= 500) && (
              <Button kind="main" onClick={tryAgain} title={chat.problem.safe}>
                {chat.problem.again}
              </Button>
            )}
            <Button
              onClick={() => {
                const given = giveUp()
                if (given) restore(given)
                document.getElementById("message")?.focus()
              }}
            >
              {chat.problem.back}
            </Button>
          </Problem>
        )}
      </div>
    </article>
  )
}

/** `edited` is the turn whose question is written anew; null for none. */
export const Log = ({
  edited,
  edit
}: {
  readonly edited: number | null
  readonly edit: (index: number | null) => void
}) => {
  const open = openTurn(conversation.value)
  const todo = asking.value
  const isShown = todo !== null && (refused.value !== null || !isThere(todo))
  const instead = isShown ? (todo?.body.instead_of ?? null) : null
  const { places, before, isNewest } = useMemo(
    () => (instead === null ? branch.value : branchOf(turns.value, chosen.value, instead)),
    [branch.value, instead]
  )
  const mayEdit = mayAsk.value && statusOf(conversation.value) === "active" && open === null && todo === null
  const items = places.map(({ turn, alternatives }): Item => ({
    key: turn.run,
    node: (
      <TurnView
        turn={turn}
        alternatives={alternatives}
        mayAsk={mayEdit}
        isEdited={edited === turn.index}
        edit={edit}
      />
    )
  }))
  const all = before === null || !isLoaded.value ? items : [{ key: BEFORE, node: <Earlier /> }, ...items]
  return (
    <Scroller
      items={isShown ? [...all, { key: "pending", node: <Pending /> }] : all}
      label={chat.log}
      isBusy={open?.standing === "running"}
      to={`${session.value} ${isLoaded.value} ${isShown} ${open?.run ?? ""}`}
      atBeginning={() => void loadOlder()}
    >
      {!isNewest && (
        <div class="older">
          <span>{chat.olderBranch}</span>
          <Button onClick={() => (chosen.value = null)}>{chat.showNewest}</Button>
        </div>
      )}
    </Scroller>
  )
}

const Earlier = () => (
  <p class="soon">
    <Busy />
    {chat.earlier}
  </p>
)
