/** Owns which addresses there are, and which methods each has: a request with another one is told, and not that nothing is there. */
import { Api } from "../api/Api.ts"
import { RouteTemplate } from "../domain/observability/Span.ts"

const endpoints: ReadonlyArray<{
  readonly method: string
  readonly template: RouteTemplate
  readonly path: RegExp
}> = Object.values(Api.groups).flatMap(({ endpoints }) =>
  Object.values(endpoints).map(({ method, path }) => ({
    method,
    template: RouteTemplate.make(path),
    path: new RegExp(`^${path.replaceAll(/:[a-z]+/gu, "[^/]+")}/?$`, "u")
  }))
)

const found = (path: string) => endpoints.filter((endpoint) => endpoint.path.test(path))

/** Of addresses without a parameter it is known what is there. */
const literal = new Map(endpoints.map(({ template }) => [String(template), found(template)]))

/** The endpoints at an address. */
const at = (url: string) => {
  const [path = ""] = url.split("?", 1)
  return literal.get(path) ?? found(path)
}

/** In the order of the alphabet; empty where there is no such address. */
export const methodsAt = (url: string): ReadonlyArray<string> =>
  [...new Set(at(url).map(({ method }) => method))].toSorted()

/** As the contract writes the address; null for one that it does not have, whoever asks for it. */
export const templateAt = (method: string, url: string): RouteTemplate | null => {
  const all = at(url)
  const asked = method === "HEAD" ? "GET" : method
  return (all.find((endpoint) => endpoint.method === asked) ?? all[0])?.template ?? null
}
