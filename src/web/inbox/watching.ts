/** Owns how the page hears what waits and what was decided, in every session and runbook. */
import type { Refusal } from "../server/ask.ts"
import type { InboxEvent as Heard } from "../server/contract.ts"
import { follow } from "../server/follow.ts"
import { lineOf } from "../server/lines.ts"
import type { InboxEvent } from "./fold.ts"

export interface Listener {
  readonly event: (event: InboxEvent) => void
  /** It is open; or broken, and will be tried again. */
  readonly connected: (isOpen: boolean) => void
  /** It will not be tried again. */
  readonly over: (why: Refusal | null) => void
}

/** Null for what was decided by the time it was told. */
const meaningOf = (heard: Heard): InboxEvent | null => {
  switch (heard.event) {
    case "inbox_state":
      return { type: "listed", pending: heard.data.pending }
    case "steward_gate_triggered":
      return heard.data.pending && { type: "held", pending: heard.data.pending }
    case "steward_decided": {
      const { run_id, action, reason, principal, by } = heard.data
      return { type: "decided", run: run_id, decided: { action, reason, principal, by } }
    }
  }
}

/** Listens until the answer is called. */
export const listen = ({ event, connected, over }: Listener): (() => void) =>
  follow<Heard>(lineOf("steward.stream").url, {
    event: (heard) => {
      const meaning = meaningOf(heard)
      if (meaning) event(meaning)
    },
    connected,
    over
  })
