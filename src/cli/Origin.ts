/** Owns how the address of a server is typed: a scheme and a host, and nothing behind them. */
import { Option } from "effect"

/** As a browser would write it; none where it is anything else. */
export const originOf = (typed: string): Option.Option<string> => {
  const url = URL.parse(typed)
  const isServer =
    url !== null &&
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.username + url.password + url.search + url.hash === "" &&
    url.pathname === "/"
  return isServer ? Option.some(url.origin) : Option.none()
}
