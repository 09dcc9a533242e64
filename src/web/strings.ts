/** Owns every sentence of the page, by the part that says it. Another language is another file of the same shape. */
import { count, duration } from "./format.ts"
import { counted, inAndOut } from "./strings/counted.ts"
import { ledger } from "./strings/ledger.ts"
import { system } from "./strings/system.ts"

export const strings = {
  common: {
    name: "io-iii",
    skip: "Skip to the content",
    parts: { chat: "Chat", inbox: "Inbox", ledger: "Ledger", system: "System" },
    navigation: "Parts of the page",
    theme: { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" },
    loading: "Loading",
    again: "Try again",
    close: "Close",
    cancel: "Cancel",
    undo: "Undo",
    copy: "Copy",
    copied: "Copied",
    offline: "The server does not answer. The page tries again by itself.",
    run: "Run",
    waiting: (count: number) => `${counted(count, "waits", "wait")} for a steward`
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
  /** How answers are shown. */
  markdown: {
    code: "code",
    codeIn: (language: string) => (language === "" ? "Code" : `Code, ${language}`),
    copyCode: "Copy the code",
    copyRefused: "The browser does not let the page copy.",
    table: "Table",
    image: (words: string) => `[image: ${words || "without words"}]`,
    task: (isDone: boolean) => (isDone ? "Done" : "To do")
  },
  who: {
    title: "This server wants to know who you are",
    entering: "Letting you in",
    used: "This link has been used, or its time is over. Ask for another one.",
    how: "On the machine that the server runs on, somebody prints a link for you. It works once.",
    command: (origin: string) => `io3 token login ID --at ${origin}`,
    pasteLabel: "Or paste the link here",
    enter: "Enter",
    noSecret: "This is no link of io3 token login.",
    leave: "Log out",
    you: "You are"
  },
  chat: {
    title: "Chat",
    list: {
      title: "Conversations",
      open: "Show the conversations",
      new: "New conversation",
      search: "Search titles",
      searchKeys: "Ctrl K",
      none: "No conversation yet",
      noMatch: "No title has these words",
      broken: (count: number) => `${count} more cannot be read`,
      untitled: (when: string) => `Untitled, ${when}`,
      more: "Show more",
      rename: "Rename",
      renameLabel: "Title of the conversation",
      save: "Save",
      closed: "closed",
      atLimit: "full",
      paused: "waits",
      erased: "erased",
      running: "answers",
      today: "Today",
      yesterday: "Yesterday",
      week: "In the last week",
      before: "Before"
    },
    empty: {
      title: "What is it about?",
      body: "What you ask stays on this machine unless a route says otherwise. Each answer comes with what is known of it: who made it, what it cost, and what it could have cost.",
      starters: [
        "Explain in three sentences what a hash chain is.",
        "Write a shell script that lists the ten largest files of a folder.",
        "Make a table of the planets with their radius and their moons."
      ],
      startersLabel: "Ways to begin"
    },
    standIn: {
      title: "No model answers yet.",
      body: "The built-in stand-in answers in its place, and says so. Everything else works as with a model.",
      action: "Set a model up"
    },
    head: {
      turns: (count: number, most: number) => `${count} of ${most} turns`,
      tokens: (count: number) => counted(count, "token"),
      close: "Close the conversation",
      closeTitle: "Close this conversation?",
      closeBody: "It can be read, and nothing more is asked in it. This cannot be undone.",
      closed: "The conversation is closed."
    },
    log: "Messages",
    earlier: "Earlier turns are being read",
    latest: "Jump to the latest",
    turn: (index: number) => `Turn ${index}`,
    you: "You",
    answerOf: (name: string) => `Answer of ${name}`,
    noPrompt: "What was asked was erased.",
    withFile: "with a file",
    edit: "Edit and ask again",
    editLabel: "Ask this instead",
    editSend: "Ask",
    regenerate: "Answer again",
    copyAnswer: "Copy the answer as Markdown",
    copyPrompt: "Copy what was asked",
    pager: {
      label: (at: number, of: number) => `Alternative ${at} of ${of}`,
      shown: (at: number, of: number) => `${at} / ${of}`,
      before: "The alternative before",
      after: "The next alternative"
    },
    olderBranch: "An earlier alternative is shown. What you send goes on from the newest one.",
    showNewest: "Show the newest",
    facts: {
      mode: "mode",
      model: "model",
      verdict: "verdict",
      calls: "calls",
      callsOf: (made: number, most: number | null) =>
        count(made) + (most === null ? "" : ` of ${count(most)}`),
      tokens: "tokens",
      tokensOf: inAndOut,
      time: "time",
      timeOf: (all: string, first: string) => `${all}, first word after ${first}`,
      bound: "certified at most",
      boundOf: (calls: number, input: number, output: number) =>
        `${counted(calls, "call")}, ${inAndOut(input, output)}`,
      packs: "packs",
      words: "words",
      byStandIn: "the stand-in",
      bySteward: "edited by a steward",
      byCapability: "of a capability",
      ending: "ending",
      cutOff: "cut off before its end",
      lengthLimit: "stopped at its token limit",
      fallback: "route",
      secondary: "second choice",
      ledger: "Ledger",
      ledgerOf: (run: string) => `Ledger, run ${run}`,
      none: "not audited",
      revised: "revised",
      unaudited: "no verdict",
      passed: (issues: number) => (issues === 0 ? "passed" : `passed, with ${counted(issues, "issue")}`),
      issues: "issues",
      unavailable: {
        no_challenger: "nobody audits here",
        not_independent: "the model would have judged itself",
        call_failed: "the auditor could not be asked",
        cut_short: "it was cut short",
        unparsable: "it could not be read"
      },
      sameModel: "by the same model",
      label: "What is known of this answer"
    },
    dropped: (count: number) =>
      count === 1
        ? "1 earlier turn was left out: it did not fit."
        : `${count} earlier turns were left out: they did not fit.`,
    leftOut: (chars: number) => `${counted(chars, "character")} of the file were left out: they did not fit.`,
    running: {
      sending: "On its way",
      waiting: "Waits for the first word",
      audited: "The answer is audited before a word of it leaves."
    },
    held: {
      title: "Waits for a steward",
      body: (threshold: string) =>
        `${threshold} Nothing of the answer has left. It appears here by itself once it is let out.`,
      thresholds: {
        step_count: "So many turns have passed that a person looks at this one.",
        token_budget: "The conversation has used more tokens than may pass without a look.",
        capability_classes: "A capability was used that a person looks after.",
        audit: "The audit did not pass the answer as it was.",
        always: "A person looks at every turn here."
      },
      since: (when: string) => `Held since ${when}`,
      until: (when: string) => `rejects itself at ${when}`,
      inbox: "Open it in the inbox"
    },
    decided: {
      approve: "A steward has let it out.",
      edit: "A steward has edited it and let it out.",
      redirect: "A steward has asked something else instead.",
      reject: "A steward has rejected it.",
      close: "A steward has closed the conversation."
    },
    composer: {
      label: "Message",
      placeholder: "Ask something",
      send: "Send",
      stop: "Stop",
      attach: "Attach a text file",
      detach: (name: string) => `Take ${name} away`,
      chars: (count: number) => counted(count, "character"),
      sendingUp: "Sending the file up",
      drop: "Drop a text file to attach it",
      expired: "The server has forgotten the file. Attach it again.",
      held: "A turn waits for a steward; the next can be asked after the decision.",
      closed: "This conversation is closed.",
      atLimit: "This conversation has no turn left.",
      viewer: "You may look here, not ask: your role is viewer.",
      stewardRole: "You decide here, and do not ask: your role is steward.",
      keys: "Enter sends, Shift Enter begins a line"
    },
    options: {
      label: "How it is asked",
      persona: "Mode of the answer",
      mode: "Answers",
      work: "leave at once",
      steward: "may be held",
      modeHint: {
        work: "Nobody is asked before they leave.",
        steward: "They wait for a steward when a threshold fires."
      },
      noThreshold: "No threshold is set: nobody will be asked.",
      audit: "Audit",
      auditHint: "A second model checks the answer before it leaves.",
      auditNobody: "Nobody audits here: it has no model.",
      auditAlways: "This conversation audits every turn.",
      packs: "Memory",
      packsDefault: "as configured",
      packsNone: "none",
      packsCount: (count: number) => counted(count, "pack"),
      packRecords: (count: number) => counted(count, "record"),
      packsLegend: "Memory packs that the model is given"
    },
    files: {
      tooLarge: (name: string) => `${name} is larger than 2 MiB.`,
      notText: (name: string) => `${name} is no text in UTF-8.`,
      kind: (name: string, kind: string) =>
        `${name} is ${kind}: text alone is read. Copy the text out of it.`,
      otherKind: "of another kind",
      empty: (name: string) => `${name} is empty.`,
      one: "One file goes with a message. The first was taken.",
      failed: (name: string) => `${name} could not be sent up.`
    },
    stopRefused: "The run could not be stopped.",
    announce: {
      answered: (words: number) => `Answered, ${words} words.`,
      held: "The answer waits for a steward.",
      failed: "There is no answer."
    },
    problem: {
      again: "Try again",
      back: "Back to the message",
      safe: "Trying again is safe: it is carried out once.",
      newRun: "Trying again asks anew, in place of this turn."
    },
    /** What else can become of a turn. */
    problems: {
      RUN_CANCELLED: { title: "Stopped.", next: "What had left until then is kept." },
      RUN_INTERRUPTED: {
        title: "The server ended before the answer did.",
        next: "What had left until then is kept. Ask again when you like."
      },
      PROVIDER_UNAVAILABLE: {
        title: "The model could not be reached.",
        next: "Is Ollama running? System shows what is wrong, and what helps."
      },
      PROVIDER_TIMEOUT: {
        title: "The model took too long.",
        next: "A large model may still be loading. Ask again in a moment."
      },
      PROVIDER_OUTCOME_UNKNOWN: {
        title: "Nobody knows what became of the call.",
        next: "It is not made again by itself. Asking again is a new call."
      },
      AUDIT_REJECTED: {
        title: "The audit did not pass the answer.",
        next: "Nothing of it has left. Ask differently, or ask again."
      },
      AUDIT_UNAVAILABLE: {
        title: "There was no usable verdict.",
        next: "Nothing has left. Is the model that audits there? System shows it."
      },
      CONTEXT_LIMIT_EXCEEDED: {
        title: "This is more than the model can read.",
        next: "Shorten the message or the file."
      },
      BUDGET_EXCEEDED: {
        title: "The budget does not cover the worst case of this.",
        next: "System shows the budget and when it is free again. No call was made."
      },
      BOUNDS_EXCEEDED: {
        title: "No worst case can be certified for this route.",
        next: "max_output_tokens does not fit its window; System shows both."
      },
      STEWARD_REJECTED: { title: "A steward has rejected the answer.", next: "Nothing of it has left." },
      STEWARD_REDIRECTED: {
        title: "A steward has asked something else instead.",
        next: "The turn below answers that."
      },
      STEWARD_EXPIRED: {
        title: "Nobody decided in time.",
        next: "Nothing has left. Ask again when you like."
      },
      SESSION_CONFLICT: {
        title: "Another turn is under way here.",
        next: "Wait for its answer, then try again."
      },
      SESSION_NOT_FOUND: { title: "There is no such conversation.", next: "It may be on another machine." },
      SESSION_ERASED: {
        title: "This conversation was erased.",
        next: "Nobody can read it any more. Its record stands in the ledger."
      },
      FILE_REF_EXPIRED: {
        title: "The server has forgotten the file.",
        next: "It keeps one for a quarter of an hour. Attach it again."
      },
      MEMORY_PACK_UNKNOWN: { title: "There is no such memory pack.", next: "Choose another one, or none." }
    } as Readonly<Record<string, { readonly title: string; readonly next: string }>>,
    help: {
      title: "Keys",
      open: "Keys",
      keys: [
        ["Enter", "send"],
        ["Shift Enter", "a new line"],
        ["↑", "edit the last message, in an empty one"],
        ["Esc", "stop the answer, or leave what is open"],
        ["Ctrl K", "search the conversations"],
        ["?", "show these keys"]
      ] as ReadonlyArray<readonly [string, string]>
    }
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
      how: "In the chat, choose that answers may be held; or at a terminal:",
      command: "io3 chat --mode steward",
      when: "When a steward is asked stands in runtime.yaml, which a server reads when it starts:",
      setting: "steward_thresholds: { always: true }"
    },
    filteredOut: "Nothing that waits is like that.",
    choose: {
      title: "Choose what to look at",
      text: "j and k go through the list, Enter opens. Each look is recorded, and so is each decision."
    },
    filters: { threshold: "Held by", host: "Part of", all: "all" },
    thresholds: {
      step_count: "turn count",
      token_budget: "token budget",
      capability_classes: "capability",
      audit: "audit",
      always: "always"
    },
    session: (id: string) => `session ${id}`,
    runbook: (id: string) => `runbook ${id}`,
    heading: (isStep: boolean, index: number) => `${isStep ? "Step" : "Turn"} ${index + 1}`,
    chars: (count: number) => counted(count, "character"),
    now: "under a minute",
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
      `${counted(calls, "call")}, ${inAndOut(input, output)}, ${duration(millis)}`,
    spent: (calls: number, input: number | null, output: number | null, millis: number) =>
      [counted(calls, "call"), inAndOut(input, output), duration(millis)].filter(Boolean).join(", "),
    asked: "Asked",
    file: "File beside it",
    released: {
      waits: "Would be released, exactly",
      approve: "Released, exactly",
      edit: "Was held, and left edited",
      discarded: "Was held"
    },
    output: "Would be released with it: what a capability made",
    nothing: "No character at all.",
    rendered: "As it will look",
    renderedNote: "What is decided on is the text to the letter, not how it looks.",
    closeRunbook: "Close runbook",
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
      reason: "Reason (one has to be chosen)",
      send: {
        edit: "Let the edited text out",
        redirect: "Ask this instead",
        reject: "Reject"
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
    },
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
      service: (name: string) => `${name} (a program)`,
      says: {
        approve: (who: string) => `${who} approved it`,
        edit: (who: string) => `${who} edited it and let it out`,
        redirect: (who: string) => `${who} asked something else instead`,
        reject: (who: string) => `${who} rejected it`,
        close: (who: string) => `${who} closed the session`,
        closeRunbook: (who: string) => `${who} closed the runbook`
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
      text: "Only a steward sees what is held and decides. Whoever runs the server gives out a steward's link: io3 token create --name NAME --role steward."
    },
    figures: {
      title: "Your decisions on this page",
      decided: "decided",
      overrides: "not as it was",
      median: "median look",
      hasty: "under 2 s",
      percent: (share: number) => `${Math.round(share * 100)} %`
    },
    notices: {
      ask: "Notify me",
      on: "Notifications on",
      off: "Notifications off",
      blocked: "The browser blocks notifications",
      text: (count: number) => counted(count, "answer waits for you", "answers wait for you")
    },
    back: "Back to the list",
    help: {
      title: "Keys of the inbox",
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
      direction: (number: number) => `${count(number)} of direction`,
      invisible: (number: number) => `${count(number)} not drawn`,
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
