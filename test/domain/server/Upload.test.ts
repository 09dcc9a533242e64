import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Principal, Timestamp } from "../../../src/domain/Ids.ts"
import {
  FileRef,
  isThere,
  leaving,
  MAX_FILE_BYTES,
  MOST_BYTES,
  MOST_FILES,
  type Stored
} from "../../../src/domain/server/Upload.ts"

const principals = ["one", "other"].map((name) => Principal.make(name))
const file = fc.record({
  who: fc.nat(1),
  bytes: fc.oneof(fc.nat(MAX_FILE_BYTES), fc.constant(MAX_FILE_BYTES)),
  life: fc.nat(60)
})
const refOf = (index: number) => FileRef.make(`00000000-0000-0000-0000-${String(index).padStart(12, "0")}`)

describe("files that are kept", () => {
  it("are few and small together, and make room the oldest first, nobody for as many as another may have", () => {
    fc.assert(
      fc.property(fc.array(file, { minLength: 1, maxLength: 90 }), (files) => {
        let kept: ReadonlyArray<Stored> = []
        for (const [now, { who, bytes, life }] of files.entries()) {
          const principal = principals[who] ?? Principal.make("one")
          const next = { ref: refOf(now), principal, bytes, until: Timestamp.make(now + life) }
          const gone = leaving(kept, next, now)
          const own = kept.filter((one) => one.principal === principal)
          const total = kept.reduce((sum, one) => sum + one.bytes, bytes)
          for (const ref of gone) {
            const one = kept.find((it) => it.ref === ref)
            const isNeeded = own.length >= MOST_FILES || total > MOST_BYTES
            assert.isTrue(isNeeded || (one?.until ?? Infinity) <= now)
          }
          kept = [...kept.filter(({ ref }) => !gone.includes(ref)), next]
          assert.isAtMost(
            kept.reduce((sum, one) => sum + one.bytes, 0),
            MOST_BYTES
          )
          for (const one of principals)
            assert.isAtMost(kept.filter((it) => it.principal === one).length, MOST_FILES)
        }
      })
    )
  })

  it("are taken from nobody by those who have more, however many those are and send", () => {
    const many = Array.from({ length: 8 }, (_, at) => Principal.make(`p${at}`))
    const large = fc.record({
      who: fc.nat(many.length - 1),
      bytes: fc.constantFrom(MAX_FILE_BYTES, 1_500_000)
    })
    let taken = 0
    const sizeOf = (files: ReadonlyArray<Stored>, whose: Principal) =>
      files.reduce((sum, { principal, bytes }) => (principal === whose ? sum + bytes : sum), 0)
    fc.assert(
      fc.property(fc.array(large, { minLength: 100, maxLength: 160 }), (files) => {
        let kept: ReadonlyArray<Stored> = []
        for (const [now, { who, bytes }] of files.entries()) {
          const principal = many[who] ?? assert.fail()
          const next = { ref: refOf(now), principal, bytes, until: Timestamp.make(1000) }
          const gone = leaving(kept, next, now)
          const before = kept
          kept = [...kept.filter(({ ref }) => !gone.includes(ref)), next]
          for (const other of many) {
            if (other === principal || sizeOf(kept, other) === sizeOf(before, other)) continue
            taken++
            // What they had was at least what the one who sends has now.
            assert.isAtLeast(sizeOf(before, other), sizeOf(kept, principal))
          }
        }
      }),
      { numRuns: 30 }
    )
    assert.isAbove(taken, 0)
  })

  it("are there for whoever has sent them, until they are not", () => {
    const [one, other] = principals
    if (!one || !other) return assert.fail()
    const stored = { ref: refOf(1), principal: one, bytes: 1, until: Timestamp.make(10) }
    assert.isTrue(isThere(stored, one, 9))
    assert.isFalse(isThere(stored, one, 10))
    assert.isFalse(isThere(stored, other, 9))
    assert.isFalse(isThere(undefined, one, 9))
  })
})
