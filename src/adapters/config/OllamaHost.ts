/** Owns how the variable `OLLAMA_HOST` names an address, in the forms Ollama itself reads. */
import { Option } from "effect"

const DEFAULT_PORT = "11434"

/**
 * Reads `host`, `host:port`, `:port`, `[v6]:port` or a whole URL; the address every interface listens on becomes this
 * machine's. As in Ollama, a scheme brings its own default port. `None` for anything else.
 */
export const baseUrl = (variable: string): Option.Option<string> => {
  const matched =
    /^(?:(?<scheme>https?):\/\/)?(?:(?<host>\[[0-9a-fA-F:.]+\]|[0-9a-fA-F]*(?::[0-9a-fA-F.]*){2,}|[A-Za-z0-9._-]*))?(?::(?<port>\d{1,5}))?(?<path>\/[!"$->A-[\]-~]*)?$/.exec(
      variable.trim().replaceAll(/^["']|["']$/g, "")
    )?.groups
  if (matched === undefined) return Option.none()
  const { scheme, host = "", port, path = "" } = matched
  if (port !== undefined && Number(port) > 65_535) return Option.none()
  const defaultPort = scheme === undefined ? DEFAULT_PORT : scheme === "http" ? "80" : "443"
  return Option.some(
    `${scheme ?? "http"}://${reachable(host)}:${port ?? defaultPort}${path.replace(/\/+$/, "")}`
  )
}

const reachable = (host: string): string => {
  const address = host.replaceAll(/[[\]]/g, "")
  if (address === "" || address === "0.0.0.0") return "127.0.0.1"
  if (address === "::") return "[::1]"
  return address.includes(":") ? `[${address}]` : address
}
