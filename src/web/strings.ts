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
    title: "Inbox"
  },
  ledger,
  system
}
