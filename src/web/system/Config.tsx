/** Owns the configuration on the page: by file, each value with where it comes from, to be searched. */
import { useState } from "preact/hooks"
import type { Answered } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { filesOf, matching, type Rows } from "./rows.ts"
import { Section } from "./Section.tsx"

const words = strings.system.config

interface FileProps {
  readonly file: string
  readonly values: Rows
  /** Whether it shows its values without being asked. */
  readonly isOpen: boolean
}

const FileOf = ({ file, values, isOpen }: FileProps) => {
  const own = values.filter(({ origin }) => origin !== "packaged").length
  return (
    <details class="config-file" open={isOpen}>
      <summary>
        <code>{file}</code>
        <span class="about">{words.found(values.length)}</span>
        {own > 0 && <span class="about own">{words.own(own)}</span>}
      </summary>
      <dl>
        {values.map(({ key, value, origin }) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd dir="auto">{value}</dd>
            <dd class={`origin ${origin === "packaged" ? "" : "own"}`}>
              <span class="unseen">{words.columns.origin} </span>
              {words.origins[origin] ?? origin}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

export const Config = ({ of }: { readonly of: Answered<Rows> }) => {
  const [search, setSearch] = useState("")
  return (
    <Section id="config" title={words.title} of={of}>
      {(all) => {
        const rows = matching(all, search)
        return (
          <>
            <p class="about">{words.about}</p>
            <div class="search-for">
              <label class="label">
                {words.search}
                <input
                  class="field"
                  type="search"
                  autocomplete="off"
                  spellcheck={false}
                  value={search}
                  onInput={(event) => setSearch(event.currentTarget.value)}
                />
              </label>
              <span class="about" role="status">
                {rows.length === 0 ? words.none : words.found(rows.length)}
              </span>
            </div>
            {filesOf(rows).map(([file, values]) => (
              <FileOf key={file} file={file} values={values} isOpen={search.trim() !== ""} />
            ))}
          </>
        )
      }}
    </Section>
  )
}
