import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { BlockList, isIP } from "node:net"
import { type AddressKind, kindOf } from "../../../src/domain/webhook/Address.ts"

const table: Readonly<Record<AddressKind, ReadonlyArray<string>>> = {
  public: [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.0",
    "11.0.0.0",
    "9.255.255.255",
    "128.0.0.1",
    "126.255.255.255",
    "169.253.255.255",
    "192.167.255.255",
    "100.63.255.255",
    "100.128.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1"
  ],
  private: [
    "127.0.0.1",
    "127.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "::1",
    "0:0:0:0:0:0:0:1",
    "fc00::1",
    "fdff:ffff::1",
    "::ffff:127.0.0.1",
    "::FFFF:7F00:1",
    "::ffff:10.1.2.3",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
    "2002:c0a8:101::1"
  ],
  never: [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "2001:db8::1",
    "2001::1",
    "100::1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::127.0.0.1",
    "fe80::1%eth0",
    "",
    "localhost",
    "127.1",
    "0177.0.0.1",
    "0x7f000001",
    "2130706433",
    "1.2.3.4.5",
    "1.2.3.256",
    "::1::",
    "1:2:3:4:5:6:7:8:9",
    "::ffff:127.0.0.1:1",
    "g::1"
  ]
}

const blocked = (...nets: ReadonlyArray<readonly [string, number, "ipv4" | "ipv6"]>) => {
  const list = new BlockList()
  for (const [net, bits, family] of nets) list.addSubnet(net, bits, family)
  return (address: string) => list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")
}
/** What another implementation says is no host out there. */
const isInside = blocked(
  ["10.0.0.0", 8, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["0.0.0.0", 8, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  ["::", 127, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"]
)

describe("an address", () => {
  for (const [kind, addresses] of Object.entries(table)) {
    it(`is ${kind}`, () => {
      assert.deepStrictEqual(
        addresses.filter((address) => kindOf(address) !== kind),
        []
      )
    })
  }

  it("of IPv4 is the same when it is written as one of IPv6", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const hex = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"))
        const words = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`
        for (const written of [
          `::ffff:${address}`,
          `::ffff:${words}`,
          `64:ff9b::${words}`,
          `2002:${words}::`
        ]) {
          assert.strictEqual(kindOf(written), kindOf(address), written)
        }
      }),
      { numRuns: 500 }
    )
  })

  it("is public only where another implementation finds it in no range of this machine or network", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        if (kindOf(address) !== "public") return
        assert.notStrictEqual(isIP(address), 0)
        // A translated address is that of IPv4, which stands above.
        if (!address.toLowerCase().startsWith("64:ff9b") && !isMapped(address))
          assert.isFalse(isInside(address))
      }),
      { numRuns: 2000 }
    )
  })

  it("that is none is never public", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.isTrue(isIP(text) !== 0 || kindOf(text) === "never")
      })
    )
  })
})

const isMapped = (address: string): boolean => /^(0*:)*:?ffff:/i.test(address)
