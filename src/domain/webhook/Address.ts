/** Owns what kind of place an IP address is: anybody's, one of this machine or network, or none that anything is sent to. */

/** `never`: link-local addresses, where clouds keep credentials, and those that belong to no single host. */
export type AddressKind = "public" | "private" | "never"

/** An IPv4 range: its first address and the bits that count. */
type Range = readonly [first: string, bits: number, kind: Exclude<AddressKind, "public">]

/** https://www.iana.org/assignments/iana-ipv4-special-registry and the same for IPv6; the first one that fits counts. */
const ranges4: ReadonlyArray<Range> = [
  ["10.0.0.0", 8, "private"],
  ["172.16.0.0", 12, "private"],
  ["192.168.0.0", 16, "private"],
  ["127.0.0.0", 8, "private"],
  // Alibaba's metadata service, in what carriers share.
  ["100.100.100.200", 32, "never"],
  ["100.64.0.0", 10, "private"],
  ["0.0.0.0", 8, "never"],
  ["169.254.0.0", 16, "never"],
  // Oracle's and Azure's metadata and platform services.
  ["192.0.0.0", 24, "never"],
  ["168.63.129.16", 32, "never"],
  ["192.0.2.0", 24, "never"],
  ["192.88.99.0", 24, "never"],
  ["198.18.0.0", 15, "never"],
  ["198.51.100.0", 24, "never"],
  ["203.0.113.0", 24, "never"],
  ["224.0.0.0", 3, "never"]
]

const ranges6: ReadonlyArray<Range> = [
  ["::1", 128, "private"],
  // Metadata services of AWS and Google.
  ["fd00:ec2::", 32, "never"],
  ["fd20:ce::", 32, "never"],
  ["fc00::", 7, "private"],
  ["100::", 64, "never"],
  ["2001::", 23, "never"],
  ["2001:db8::", 32, "never"],
  ["3fff::", 20, "never"]
]

/** What stands before an IPv4 address that is written as one of IPv6: mapped, translated, 6to4 and compatible ones. */
const embeddings: ReadonlyArray<readonly [prefix: string, bits: number, at: number]> = [
  ["::ffff:0:0", 96, 12],
  ["::ffff:0:0:0", 96, 12],
  ["64:ff9b::", 96, 12],
  ["64:ff9b:1::", 48, 12],
  ["2002::", 16, 2]
]

/** The kind of an address as systems write it; what is none is `never`. */
export const kindOf = (address: string): AddressKind => {
  const bytes = address.includes(":") ? bytes6(address) : bytes4(address)
  if (bytes === null) return "never"
  return bytes.length === 4 ? kind4(bytes) : kind6(bytes)
}

const kind4 = (bytes: ReadonlyArray<number>): AddressKind =>
  ranges4.find(([first, bits]) => isIn(bytes, bytes4(first), bits))?.[2] ?? "public"

const kind6 = (bytes: ReadonlyArray<number>): AddressKind => {
  const [, , at] = embeddings.find(([prefix, bits]) => isIn(bytes, bytes6(prefix), bits)) ?? []
  if (at !== undefined) return kind4(bytes.slice(at, at + 4))
  const special = ranges6.find(([first, bits]) => isIn(bytes, bytes6(first), bits))?.[2]
  // Global unicast is 2000::/3; everything else that is no range of the list is reserved, link-local or multicast.
  return special ?? (isIn(bytes, bytes6("2000::"), 3) ? "public" : "never")
}

const isIn = (bytes: ReadonlyArray<number>, first: ReadonlyArray<number> | null, bits: number): boolean =>
  first?.length === bytes.length &&
  first.every((byte, index) => {
    const counting = Math.min(8, Math.max(0, bits - 8 * index))
    const mask = (0xff << (8 - counting)) & 0xff
    return (byte & mask) === ((bytes[index] ?? 0) & mask)
  })

const bytes4 = (text: string): ReadonlyArray<number> | null => {
  const parts = text.split(".")
  const bytes = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256))
  return parts.length === 4 && bytes.every((byte) => byte < 256) ? bytes : null
}

const bytes6 = (text: string): ReadonlyArray<number> | null => {
  // A zone names an interface of this machine: such an address leads to nobody else.
  if (!/^[0-9a-f:.]+$/i.test(text)) return null
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const tail = dotted ? bytes4(dotted[2] ?? "") : []
  if (tail === null) return null
  const rest = dotted ? (dotted[1] ?? "").replace(/([^:]):$/, "$1") : text
  const halves = rest.split("::")
  if (halves.length > 2) return null
  const [before, after = []] = halves.map(groups)
  if (!before) return null
  const known = [...before, ...after].length + tail.length
  const missing = 16 - known
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null
  return [...before, ...Array.from({ length: missing }, () => 0), ...after, ...tail]
}

/** Groups of four hex digits as bytes; what is none shows as too many. */
const groups = (text: string): ReadonlyArray<number> =>
  text === ""
    ? []
    : text.split(":").flatMap((group) => {
        if (!/^[0-9a-f]{1,4}$/i.test(group)) return TOO_MANY
        const value = parseInt(group, 16)
        return [value >> 8, value & 0xff]
      })

const TOO_MANY: ReadonlyArray<number> = Array.from({ length: 17 }, () => 0)
