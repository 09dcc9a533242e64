/** Owns which methods an address has: a request with another one is told, and not that nothing is there. */
import { Api } from "../api/Api.ts"

const endpoints: ReadonlyArray<{ readonly method: string; readonly path: RegExp }> = Object.values(
  Api.groups
).flatMap(({ endpoints }) =>
  Object.values(endpoints).map(({ method, path }) => ({
    method,
    path: new RegExp(`^${path.replaceAll(/:[a-z]+/gu, "[^/]+")}/?$`, "u")
  }))
)

/** In the order of the alphabet; empty where there is no such address. */
export const methodsAt = (url: string): ReadonlyArray<string> => {
  const [path = ""] = url.split("?")
  return [
    ...new Set(endpoints.filter((endpoint) => endpoint.path.test(path)).map(({ method }) => method))
  ].toSorted()
}
