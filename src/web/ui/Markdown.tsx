/**
 * Owns how Markdown that somebody else wrote is shown: as nodes and texts that are made here, one by one. There is no HTML on the
 * way, so none that would have to be cleaned; tags are shown as they were written, and an image as its words.
 */
import type { Token, Tokens } from "marked"
import { type ComponentChildren, Fragment, type VNode } from "preact"
import { useEffect, useRef, useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { type Block, nothing, read, type Reading } from "./markdown/blocks.ts"
import { Code } from "./markdown/Code.tsx"
import { withCharacters } from "./markdown/entities.ts"

/** Where a link may lead; null for anywhere else. */
export const linkOf = (href: string): string | null => {
  try {
    const { protocol, href: whole } = new URL(withCharacters(href))
    return ["http:", "https:", "mailto:"].includes(protocol) ? whole : null
  } catch {
    return null
  }
}

const all = (tokens: ReadonlyArray<Token> | undefined): ComponentChildren => tokens?.map(shown)

const Link = ({ href, title, tokens, raw }: Tokens.Link): VNode => {
  const to = linkOf(href)
  if (to === null) return <Fragment>{raw}</Fragment>
  return (
    <a href={to} title={title ? withCharacters(title) : to} target="_blank" rel="noopener noreferrer">
      {all(tokens)}
    </a>
  )
}

const Table = ({ header, align, rows }: Tokens.Table): VNode => {
  const cell = (Cell: "th" | "td") => (content: Tokens.TableCell, at: number) => {
    const side = align[at]
    return (
      <Cell
        key={at}
        dir="auto"
        class={side ? `to-${side}` : undefined}
        {...(Cell === "th" && { scope: "col" })}
      >
        {all(content.tokens)}
      </Cell>
    )
  }
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={strings.markdown.table}>
      <table>
        <thead>
          <tr>{header.map(cell("th"))}</tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>{row.map(cell("td"))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const FROM_THE_RIGHT =
  /^\P{Letter}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
/** Where its signs and margins are: `auto` does not look into what has a direction of its own. */
const directionOf = (raw: string) => (FROM_THE_RIGHT.test(raw) ? "rtl" : "ltr")

const List = ({ ordered, start, items, raw }: Tokens.List): VNode => {
  const entries = items.map(({ task, checked, tokens }, at) => (
    <li key={at} class={task ? "task" : undefined}>
      {task && (
        <input
          type="checkbox"
          checked={checked === true}
          disabled
          aria-label={strings.markdown.task(checked === true)}
        />
      )}
      {all(tokens.filter(({ type }) => type !== "checkbox"))}
    </li>
  ))
  const dir = directionOf(raw)
  return ordered ? (
    <ol start={typeof start === "number" ? start : 1} dir={dir}>
      {entries}
    </ol>
  ) : (
    <ul dir={dir}>{entries}</ul>
  )
}

/** Headings of an answer stand below those of the page. */
const HEADINGS = ["h3", "h4", "h5", "h6"] as const

const make = (given: Token, isFinished: boolean): ComponentChildren => {
  const token = given as Tokens.Generic
  switch (token.type) {
    case "space":
    case "def":
      return null
    case "hr":
      return <hr />
    case "br":
      return <br />
    case "heading": {
      const Heading = HEADINGS[Math.min(token["depth"], HEADINGS.length) - 1] ?? "h6"
      return <Heading dir="auto">{all(token.tokens)}</Heading>
    }
    case "paragraph":
      return <p dir="auto">{all(token.tokens)}</p>
    case "blockquote":
      return <blockquote dir={directionOf(token.raw)}>{all(token.tokens)}</blockquote>
    case "code": {
      const [language = ""] = withCharacters(token["lang"] ?? "").split(/[\s{,]/u)
      return <Code code={token["text"]} language={language.toLowerCase()} isFinished={isFinished} />
    }
    case "list":
      return <List {...(token as Tokens.List)} />
    case "table":
      return <Table {...(token as Tokens.Table)} />
    case "strong":
      return <strong>{all(token.tokens)}</strong>
    case "em":
      return <em>{all(token.tokens)}</em>
    case "del":
      return <del>{all(token.tokens)}</del>
    case "codespan":
      return <code>{token["text"]}</code>
    case "link":
      return <Link {...(token as Tokens.Link)} />
    case "image":
      return strings.markdown.image(token["text"])
    case "html":
      if (/^<br\s*\/?>$/u.test(token.raw.trim())) return <br />
      return token["block"] === true ? <p class="raw">{token.raw.trimEnd()}</p> : token.raw
    case "math":
      return <span class="math">{token.raw}</span>
    case "text":
      return token.tokens ? all(token.tokens) : withCharacters(token["text"])
    case "escape":
      return token["text"]
    default:
      return token.raw
  }
}

const shown = (token: Token): ComponentChildren => make(token, true)

/** What is finished is made once: a block, and many of them together, which the browser leaves alone where nobody looks. */
const finished = new WeakMap<Token, ComponentChildren>()
const together = new WeakMap<Block, VNode>()
const MANY = 64

const nodeOf = ({ at, token }: Block): VNode => {
  if (!finished.has(token)) finished.set(token, shown(token))
  return <Fragment key={at}>{finished.get(token)}</Fragment>
}

const manyOf = (blocks: ReadonlyArray<Block>): VNode => {
  const [first] = blocks
  const known = together.get(first!)
  if (known) return known
  const made = (
    <div key={`many ${first!.at}`} class="many">
      {blocks.map(nodeOf)}
    </div>
  )
  together.set(first!, made)
  return made
}

const nodesOf = (done: ReadonlyArray<Block>): ReadonlyArray<VNode> => {
  const whole = done.length - (done.length % MANY)
  const nodes: Array<VNode> = []
  for (let at = 0; at < whole; at += MANY) nodes.push(manyOf(done.slice(at, at + MANY)))
  return [...nodes, ...done.slice(whole).map(nodeOf)]
}

/** What took so long to read is not read again before so many times that. */
const REST = 3

/** As far as it was read, and more of it with the next frame. */
const useReading = (text: string, isWhole: boolean): Reading => {
  const known = useRef({ reading: nothing, restsUntil: 0 })
  const [, goOn] = useState(0)
  const now = performance.now()
  const isBehind =
    known.current.reading.isWhole !== isWhole || known.current.reading.text.length < text.length
  if (isBehind && (isWhole || now >= known.current.restsUntil)) {
    const reading = read(known.current.reading, text, isWhole)
    const took = performance.now() - now
    known.current = { reading, restsUntil: now + took * (1 + REST) }
  }
  const { reading, restsUntil } = known.current
  const isMore = reading.text.length < text.length
  useEffect(() => {
    if (!isMore) return
    const timer = setTimeout(() => goOn((count) => count + 1), Math.max(0, restsUntil - performance.now()))
    return () => clearTimeout(timer)
  })
  return reading
}

/** `isWhole` says whether nothing will be added to it. */
export const Markdown = ({ text, isWhole }: { readonly text: string; readonly isWhole: boolean }) => {
  const { done, open } = useReading(text, isWhole)
  return (
    <div class="markdown" dir="auto">
      {nodesOf(done)}
      {open.map(({ at, token }) => (
        <Fragment key={at}>{make(token, isWhole)}</Fragment>
      ))}
    </div>
  )
}
