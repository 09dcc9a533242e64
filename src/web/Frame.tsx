/** Owns the frame of the page: its parts, how to come from one to another, and what all of them share. */
import type { ComponentType } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { Chat } from "./chat/Chat.tsx"
import { Inbox } from "./inbox/Inbox.tsx"
import { waitingCount } from "./inbox/waiting.ts"
import { Ledger } from "./ledger/Ledger.tsx"
import { hrefOf, lastIn, type Part, route } from "./route.ts"
import { strings } from "./strings.ts"
import { System } from "./system/System.tsx"
import { nextTheme, theme } from "./theme.ts"
import { Announcer } from "./ui/Announcer.tsx"
import { Icon, type IconName } from "./ui/Icon.tsx"
import { Toasts } from "./ui/Toasts.tsx"
import { caller, isNamed } from "./who/who.ts"

/** What shows a part; `id` says of which thing, and is null for none. */
export interface PartProps {
  readonly id: string | null
}

const VIEWS: Readonly<Record<Part, ComponentType<PartProps>>> = {
  chat: Chat,
  inbox: Inbox,
  ledger: Ledger,
  system: System
}
const THEME_ICONS = { auto: "half", light: "sun", dark: "moon" } as const

/** For whom the page asks, where somebody is let in by name. */
const Whose = () => {
  if (!caller.value || !isNamed.value) return null
  const { principal, role } = caller.value
  return (
    <p class="whose" title={`${principal}, ${role}`}>
      <span class="unseen">{strings.who.you} </span>
      <bdi>{principal}</bdi> <span>{role}</span>
    </p>
  )
}

const Rail = () => {
  const { common } = strings
  return (
    <nav class="rail" aria-label={common.navigation}>
      <img class="mark" src="./favicon.svg" alt={common.name} width="36" height="36" />
      {(Object.keys(VIEWS) as ReadonlyArray<Part & IconName>).map((part) => (
        <a
          key={part}
          href={hrefOf(part, part === "chat" ? lastIn(part) : null)}
          aria-current={route.value.part === part ? "page" : undefined}
        >
          <Icon name={part} />
          {common.parts[part]}
          {part === "inbox" && waitingCount.value > 0 && (
            <span class="count">
              <span aria-hidden="true">{waitingCount}</span>
              <span class="unseen">{common.waiting(waitingCount.value)}</span>
            </span>
          )}
        </a>
      ))}
      <button type="button" class="apart" onClick={nextTheme} aria-label={common.theme[theme.value]}>
        <Icon name={THEME_ICONS[theme.value]} />
        {common.theme[theme.value].split(": ")[1]}
      </button>
      <Whose />
    </nav>
  )
}

export const Frame = () => {
  const { part, id } = route.value
  const main = useRef<HTMLElement>(null)
  const View = VIEWS[part]
  useEffect(() => {
    document.title = `${strings.common.parts[part]} · ${strings.common.name}`
  }, [part])
  return (
    <>
      <a
        class="skip"
        href={hrefOf(part, id)}
        onClick={(event) => (event.preventDefault(), main.current?.focus())}
      >
        {strings.common.skip}
      </a>
      <div class="frame">
        <Rail />
        <main ref={main} tabIndex={-1}>
          <View id={id} />
        </main>
      </div>
      <Toasts />
      <Announcer />
    </>
  )
}
