/**
 * Owns the page that shows the contract to a person: made from its document when the server begins, one piece of HTML with
 * nothing to load and nothing to run. Every word in it is the contract's own.
 */
import { Effect } from "effect"
import * as Base64 from "effect/encoding/Base64"
import { HttpServerResponse } from "effect/http"
import { OpenApi } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { codes } from "../domain/Failure.ts"
import { anchorOf, CODES, escaped, type Shape, typeOf } from "./TypeText.ts"

const STYLE = `
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
h3 { margin: 2rem 0 .25rem; border-top: 1px solid #8884; padding-top: 1rem }
code, pre { font: .875rem/1.4 ui-monospace, monospace }
pre { overflow-x: auto; background: #8881; padding: .75rem }
dt { font-weight: 600 }
dd { margin: 0 0 .5rem 1rem }
summary { cursor: pointer }
`

type Content = Readonly<Record<string, { readonly schema: Shape }>>

interface Operation {
  readonly description?: string
  readonly parameters?: ReadonlyArray<{
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly description?: string
  }>
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

const details = (title: string, inner: string): string =>
  `<details><summary>${escaped(title)}</summary>${inner}</details>`

const parametersOf = ({ parameters = [] }: Operation): string =>
  parameters.length === 0
    ? ""
    : `<dl>${parameters
        .map(
          ({ name, in: place, required, description = "" }) =>
            `<dt><code>${escaped(name)}</code> in the ${escaped(place)}${required ? ", required" : ""}</dt>` +
            `<dd>${escaped(description)}</dd>`
        )
        .join("")}</dl>`

const shown = (shape: Shape): string => `<pre>${typeOf(shape)}</pre>`

const contentsOf = (content: Content): string =>
  Object.entries(content)
    .map(([type, { schema }]) => details(type, shown(schema)))
    .join("")

const PROBLEM = "application/problem+json"

/** Problems are all alike: their statuses say enough. */
const responsesOf = ({ responses }: Operation): string => {
  const all = Object.entries(responses)
  const isProblem = ([, { content = {} }]: (typeof all)[number]) =>
    Object.keys(content).every((type) => type === PROBLEM)
  const answers = all.filter((one) => !isProblem(one))
  const refusals = all.filter(isProblem).map(([status]) => status)
  return [
    ...answers.map(([status, { content = {} }]) => `<p>${escaped(status)}</p>${contentsOf(content)}`),
    ...(refusals.length > 0 ? [`<p>A problem: ${escaped(refusals.join(", "))}</p>`] : [])
  ].join("")
}

const operationOf = (method: string, path: string, operation: Operation): string =>
  [
    `<h3 id="${anchorOf(`${method} ${path}`)}"><code>${escaped(`${method.toUpperCase()} ${path}`)}</code></h3>`,
    ...(operation.description ? [`<p>${escaped(operation.description)}</p>`] : []),
    parametersOf(operation),
    ...(operation.requestBody ? [`<h4>Body</h4>${contentsOf(operation.requestBody.content)}`] : []),
    `<h4>Answers</h4>${responsesOf(operation)}`
  ].join("")

const pageOf = (): string => {
  const { info, paths, components } = OpenApi.fromApi(Api)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as unknown as Readonly<Record<string, Operation>>).map(([method, operation]) => ({
      method,
      path,
      operation
    }))
  )
  const toc = operations.map(
    ({ method, path }) =>
      `<li><a href="#${anchorOf(`${method} ${path}`)}"><code>${escaped(`${method.toUpperCase()} ${path}`)}</code></a></li>`
  )
  const shapes = Object.entries(components.schemas as unknown as Readonly<Record<string, Shape>>).map(
    ([name, shape]) => `<h3 id="shape-${anchorOf(name)}"><code>${escaped(name)}</code></h3>${shown(shape)}`
  )
  const known = Object.entries(codes).map(
    ([code, { status, summary }]) => `<dt><code>${code}</code> ${status}</dt><dd>${escaped(summary)}</dd>`
  )
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(info.title)}: the contract</title>`,
    `<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head><body><main>`,
    `<h1>${escaped(info.title)}</h1><p>${escaped(info.description ?? "")}</p>`,
    `<p>The same for programs: <a href="/openapi.json"><code>/openapi.json</code></a>.</p>`,
    `<nav aria-label="Endpoints"><ul>${toc.join("")}</ul></nav>`,
    ...operations.map(({ method, path, operation }) => operationOf(method, path, operation)),
    `<h2 id="${CODES}">Codes</h2><dl>${known.join("")}</dl>`,
    `<h2>Shapes</h2>${shapes.join("")}</main></body></html>`
  ].join("\n")
}

/** The one style that the page has, by what it is; and nothing else. */
const policyOf = (digest: Uint8Array): string =>
  `default-src 'none'; style-src 'sha256-${Base64.encode(digest)}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`

/** The page, made when it is first asked for. */
export const contractPage = Effect.cached(
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE))),
    (digest) =>
      HttpServerResponse.text(pageOf(), {
        contentType: "text/html; charset=utf-8",
        headers: { "content-security-policy": policyOf(new Uint8Array(digest)), "cache-control": "no-cache" }
      })
  )
)
