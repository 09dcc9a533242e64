/** Owns what is seen before the page: it lets in whoever the server lets in, and tells the others how they come in. */
import type { ComponentChildren } from "preact"
import { useEffect, useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { Busy, Button } from "../ui/Parts.tsx"
import { begin, enter, secretIn, who } from "./who.ts"

const { who: said } = strings

const Outside = () => {
  const [link, setLink] = useState("")
  const [isWrong, setWrong] = useState(false)
  const status = who.value
  const code = status.is === "outside" ? (status.why?.code ?? null) : null
  const isUsed = code !== null && code !== "TOKEN_REQUIRED"
  const submit = (event: Event) => {
    event.preventDefault()
    const secret = secretIn(link)
    setWrong(secret === null)
    if (secret !== null) void enter(secret)
  }
  return (
    <main class="door">
      <img src="./favicon.svg" alt="" width="48" height="48" />
      <h1>{said.title}</h1>
      {isUsed && (
        <div class="note bad" role="alert">
          <span>{strings.problems[code]?.next ?? said.used}</span>
          <code>{code}</code>
        </div>
      )}
      <p>{said.how}</p>
      <pre>
        <code>{said.command(location.origin)}</code>
      </pre>
      <form onSubmit={submit}>
        <label class="label">
          {said.pasteLabel}
          <input
            class="field"
            type="password"
            autocomplete="off"
            value={link}
            aria-invalid={isWrong}
            aria-describedby={isWrong ? "door-wrong" : undefined}
            onInput={({ currentTarget }) => setLink(currentTarget.value)}
          />
        </label>
        {isWrong && (
          <p class="wrong" id="door-wrong" role="alert">
            {said.noSecret}
          </p>
        )}
        <Button kind="main" type="submit" disabled={link.trim() === ""}>
          {said.enter}
        </Button>
      </form>
    </main>
  )
}

export const Door = ({ children }: { readonly children: ComponentChildren }) => {
  useEffect(begin, [])
  switch (who.value.is) {
    case "unknown":
      return (
        <main class="door">
          <Busy label={said.entering} />
        </main>
      )
    case "outside":
      return <Outside />
    case "inside":
      return <>{children}</>
  }
}
