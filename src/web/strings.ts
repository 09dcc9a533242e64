/** Owns every sentence of the page, by the part that says it. Another language is another file of the same shape. */
import { ledger } from "./strings/ledger.ts"
import { system } from "./strings/system.ts"

export const strings = {
  common: {
    name: "io-iii",
    skip: "Skip to the content",
    parts: { chat: "Chat", inbox: "Inbox", ledger: "Ledger", system: "System" },
    navigation: "Parts of the page",
    theme: { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" },
    loading: "Loading",
    again: "Try again",
    close: "Close",
    cancel: "Cancel",
    undo: "Undo",
    copy: "Copy",
    copied: "Copied",
    offline: "The server does not answer. The page tries again by itself.",
    online: "The server answers again.",
    run: "Run",
    waiting: (count: number) => (count === 1 ? "1 waits for a steward" : `${count} wait for a steward`)
  },
  /** What a refusal means to the person who reads it, and what to do next. The rest says its own title. */
  problems: {
    SERVER_UNREACHABLE: {
      title: "The server did not answer.",
      next: "Is it still running? What you wrote is kept; trying again asks nothing twice."
    },
    TOKEN_REQUIRED: {
      title: "This server wants to know who you are.",
      next: "Open the link that “io3 token login” prints on the server's machine."
    },
    TOKEN_REVOKED: {
      title: "Your access was taken back.",
      next: "Ask whoever runs the server for a new link."
    },
    TOKEN_EXPIRED: { title: "Your access has ended.", next: "Ask whoever runs the server for a new link." },
    ROLE_FORBIDDEN: {
      title: "Your role does not allow this.",
      next: "Operators ask, stewards decide, viewers look. Who does both has two links."
    },
    CONTENT_RELEASE_DISABLED: {
      title: "This server lets no text out.",
      next: "Set content_release: true in runtime.yaml, if that is what you want."
    }
  } as Readonly<Record<string, { readonly title: string; readonly next: string }>>,
  chat: {
    title: "Chat"
  },
  inbox: {
    title: "Inbox",
    waiting: (count: number) => (count === 0 ? "nothing waits" : counted(count, "waits", "wait")),
    came: (count: number) => `A new answer waits. ${counted(count, "waits", "wait")} in all.`,
    list: "What waits, the oldest first",
    broken:
      "The server does not answer. What is listed may have been decided meanwhile; the page tries again by itself.",
    none: {
      title: "Nothing waits",
      what: "A session in steward mode holds an answer back when a threshold fires: at every so many turns, over so many tokens, when an audit did not pass, or always. It waits here, sealed, until somebody has seen it and says what becomes of it.",
      how: "Switch a session to steward mode in the chat, or at a terminal:",
      command: "io3 chat --mode steward",
      when: "When a steward is asked stands in runtime.yaml:",
      setting: "steward_thresholds: { always: true }"
    },
    filteredOut: "Nothing that waits is like that.",
    choose: {
      title: "Choose what to look at",
      text: "j and k go through the list, Enter opens. Each look is recorded, and so is each decision."
    },
    filters: { threshold: "Held by", host: "Part of", all: "all", clear: "Show all" },
    thresholds: {
      step_count: "turn count",
      token_budget: "token budget",
      capability_classes: "capability",
      audit: "audit",
      always: "always"
    },
    session: (id: string) => `session ${id}`,
    runbook: (id: string) => `runbook ${id}`,
    heading: (isStep: boolean, index: number) => (isStep ? `Step ${index + 1}` : `Turn ${index}`),
    chars: (count: number) => counted(count, "character"),
    age: (text: string) => `${text} old`,
    time: {
      now: "under a minute",
      minutes: (count: number) => `${count} min`,
      hours: (count: number) => `${count} h`,
      days: (count: number) => `${count} d`
    },
    deadline: (text: string) => `rejects itself in ${text}`,
    left: (text: string) => `${text} left`,
    deadlinePast: "rejects itself now",
    noDeadline: "none",
    facts: {
      held: "held",
      heldBy: (threshold: string, age: string) => `by ${threshold}, ${age} ago`,
      deadline: "deadline",
      mode: "mode",
      modeOf: (mode: string, step: number, of: number) => `${mode}, ${step} of ${of}`,
      route: "route",
      most: "at most",
      spent: "spent",
      total: "in all",
      digest: "digest",
      tokens: (count: number) => counted(count, "token")
    },
    most: (calls: number, input: number, output: number, millis: number) =>
      `${counted(calls, "call")}, ${number.format(input)} in / ${number.format(output)} out, ${seconds(millis)}`,
    spent: (calls: number, input: number | null, output: number | null, millis: number) =>
      `${counted(calls, "call")}, ${input === null ? "?" : number.format(input)} in / ${output === null ? "?" : number.format(output)} out, ${seconds(millis)}`,
    asked: "Asked",
    file: "File beside it",
    released: "Would be released, exactly",
    output: "Would be released with it: what a capability made",
    nothing: "No character at all.",
    verdict: {
      title: "Verdict",
      unaudited: "no verdict: the audit was unavailable",
      none: "not audited",
      revised: "revised since",
      decisions: { pass: "passed", needs_work: "needs work", reject: "rejected", abstain: "abstained" },
      issues: {
        contradiction: "contradiction",
        unsupported_claim: "unsupported claim",
        factual_error: "factual error",
        off_task: "off task",
        unsafe: "unsafe",
        privacy: "privacy",
        format: "format",
        other: "other"
      },
      severity: (of: number) => `severity ${of} of 3`,
      noIssues: "no issue named",
      claims: (count: number) => counted(count, "high-risk claim"),
      fixes: (count: number) => counted(count, "suggested fix", "suggested fixes")
    },
    revision: "From draft to revision",
    edition: "From what is held to what would leave",
    choices: "What becomes of it",
    actions: {
      approve: "Approve",
      edit: "Edit",
      redirect: "Redirect",
      reject: "Reject",
      close: "Close session"
    },
    nouns: {
      approve: "Approval",
      edit: "Edit",
      redirect: "Redirection",
      reject: "Rejection",
      close: "Closing"
    },
    means: {
      edit: "Edit: another text leaves in its place",
      redirect: "Redirect: it is discarded, and something else asked as the next turn",
      redirectStep: "Redirect: it is discarded, and something else asked for this step",
      reject: "Reject: it is discarded",
      close: "Close: it is discarded, and the session ends",
      closeRunbook: "Close: it is discarded, and the runbook ends"
    },
    form: {
      text: "What leaves instead",
      prompt: "What is asked instead",
      reason: "Reason",
      send: {
        edit: "Let the edited text out",
        redirect: "Ask this instead",
        reject: "Reject",
        close: "Close session"
      },
      same: "Nothing is changed yet. To let it out as it is, approve it.",
      blank: "An edit needs a text.",
      trimmed: "Blanks at the beginning and the end do not leave.",
      noPrompt: "Write what is asked instead.",
      noReason: "Choose a reason: it is recorded, and nothing you type is."
    },
    reasons: {
      acceptable: "acceptable",
      incorrect: "incorrect",
      incomplete: "incomplete",
      off_task: "off task",
      unsafe: "unsafe",
      privacy: "privacy",
      tone: "tone",
      policy: "policy",
      expired: "nobody decided in time",
      other: "other"
    } as Readonly<Record<string, string>>,
    own: {
      counting: (action: string) => `${action} sent soon`,
      sending: (action: string) => `${action} on its way`,
      unsent: "not arrived",
      lost: "changed nothing"
    },
    undo: {
      toast: (action: string) => `${action}: it can be taken back`,
      left: (count: number) => `${count} s`,
      done: "Taken back. Nothing was sent.",
      counting: (action: string) => `${action} is sent in a moment, and can be taken back.`,
      sending: (action: string) => `${action} is being sent.`,
      asking: "The draft is discarded, and the next answer is being made.",
      window: "How long a decision can be taken back",
      seconds: (count: number) => `${count} seconds`
    },
    unsent: {
      title: "Your decision may not have arrived.",
      text: "Nothing answered. Sending it again decides nothing twice."
    },
    lost: {
      title: (action: string) => `${action} has changed nothing`,
      overtaken: "Somebody else decided before your decision was sent.",
      refused: "Your decision has changed nothing.",
      stale: "What waits is not what you were shown. Look again, then decide.",
      again: "Look again",
      yours: "What you had written is still here:",
      discard: "Discard it"
    },
    decided: {
      lately: "Decided lately",
      you: "You",
      deadline: "Nobody in time",
      service: (name: string) => `${name} (a program)`,
      says: {
        approve: (who: string) => `${who} approved it`,
        edit: (who: string) => `${who} edited it and let it out`,
        redirect: (who: string) => `${who} asked something else instead`,
        reject: (who: string) => `${who} rejected it`,
        close: (who: string) => `${who} closed the session`
      },
      expired: "It rejected itself: nobody decided in time",
      unknown: "It does not wait any more",
      reason: (reason: string) => `reason: ${reason}`,
      ledger: "See it in the ledger",
      chat: "See the conversation",
      next: "Look at the next"
    },
    notPending: {
      title: "Nothing waits under this name",
      text: "It may have been erased, or the address is not whole."
    },
    role: {
      title: "You see that it waits, and not what it says.",
      text: "Only a steward sees what is held and decides. Whoever runs the server gives out a steward's link: io3 token create NAME --role steward."
    },
    figures: {
      title: "Your decisions on this page",
      decided: "decided",
      overrides: "not as it was",
      median: "median look",
      hasty: "under 2 s",
      percent: (share: number) => `${Math.round(share * 100)} %`,
      seconds: (millis: number) => seconds(millis)
    },
    notices: {
      ask: "Notify me",
      on: "Notifications on",
      off: "Notifications off",
      blocked: "The browser blocks notifications",
      text: (count: number) => (count === 1 ? "1 answer waits for you" : `${count} answers wait for you`)
    },
    back: "Back to the list",
    help: {
      title: "Keys of the inbox",
      open: "Keys",
      enabled: "Single keys do this",
      keys: [
        ["j", "next"],
        ["k", "previous"],
        ["Enter, o", "open"],
        ["a", "approve"],
        ["e", "edit"],
        ["r", "redirect"],
        ["x", "reject"],
        ["c", "close the session"],
        ["u", "take the last decision back"],
        ["Ctrl Enter", "send what is written"],
        ["Esc", "back"],
        ["?", "this"]
      ] as ReadonlyArray<readonly [string, string]>,
      leaving: "Whoever leaves the page has decided: what can still be taken back is sent then."
    }
  },
  /** Texts that are shown to the letter, and what became of them. */
  exact: {
    sorts: { control: "control", direction: "direction", invisible: "not drawn", space: "space" } as const,
    mark: (sort: string, code: string, count: number) =>
      `${code}, ${sort}${count > 1 ? `, ${count} times` : ""}`,
    hidden: (total: number, sorts: ReadonlyArray<string>) =>
      `${counted(total, "character")} nobody would see: ${sorts.join(", ")}. Each is marked below.`,
    sort: {
      control: (count: number) => counted(count, "control"),
      direction: (count: number) => `${number.format(count)} of direction`,
      invisible: (count: number) => `${number.format(count)} not drawn`,
      space: (count: number) => counted(count, "unusual space")
    },
    added: "added",
    removed: "removed",
    end: "end",
    gap: (count: number) => counted(count, "line") + " the same",
    same: "Both are the same.",
    tooLarge: "The texts are too far apart to be compared word by word.",
    comparing: "Comparing"
  },
  ledger,
  system
}

const number = new Intl.NumberFormat("en")
const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number.format(count)} ${count === 1 ? one : many}`
const seconds = (millis: number): string =>
  millis < 1000
    ? `${Math.round(millis)} ms`
    : millis < 60_000
      ? `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`
      : `${Math.round(millis / 60_000)} min`
