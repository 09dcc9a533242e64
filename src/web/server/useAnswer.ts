/** Owns an answer of the server as a view has it: on its way, there, or refused; what was there stays until there is more. */
import { useCallback, useEffect, useState } from "preact/hooks"
import { ask, type Asked } from "./ask.ts"
import type { Answer } from "./contract.ts"
import type { Used } from "./lines.ts"

export interface Answered<A> {
  readonly answer: A | null
  readonly why: unknown
  readonly isAsking: boolean
  /** Asks once more. */
  readonly again: () => void
}

/** Asks whenever what is asked for is another: places and query count, by their values. */
export const useAnswer = <Name extends Used>(
  operation: Name,
  asked: Pick<Asked<Name>, "places" | "query"> = {}
): Answered<Answer<Name>> => {
  const [times, setTimes] = useState(0)
  const subject = JSON.stringify([operation, asked.places, asked.query])
  const [state, setState] = useState<{
    readonly subject: string
    readonly answer: Answer<Name> | null
    readonly why: unknown
    readonly isAsking: boolean
  }>({ subject, answer: null, why: null, isAsking: true })

  useEffect(() => {
    const stop = new AbortController()
    setState((before) => ({
      subject,
      answer: before.subject === subject ? before.answer : null,
      why: null,
      isAsking: true
    }))
    ask(operation, { ...asked, signal: stop.signal }).then(
      (answer) => setState({ subject, answer, why: null, isAsking: false }),
      (why: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, why, isAsking: false }))
      }
    )
    return () => stop.abort()
  }, [subject, times])

  const again = useCallback(() => setTimes((before) => before + 1), [])
  // Until the effect has run, what is there is of something else.
  const isThis = state.subject === subject
  return {
    answer: isThis ? state.answer : null,
    why: isThis ? state.why : null,
    isAsking: !isThis || state.isAsking,
    again
  }
}
