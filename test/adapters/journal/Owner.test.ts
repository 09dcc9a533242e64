/** Holds the rule of who is alive: the system's word on this host, the heartbeat on any other. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { isAlive, thisProcess } from "../../../src/adapters/journal/Owner.ts"

const now = 1_000_000
const me = thisProcess(now)
const elsewhere = { ...me, host: "another" }

describe("owners", () => {
  it("this process lives, however long it was silent", () => {
    assert.isTrue(isAlive(me, 0, now))
  })

  it("a process of another host lives while it was heard of within 30 seconds", () => {
    assert.isTrue(isAlive(elsewhere, now - 29_999, now))
    assert.isFalse(isAlive(elsewhere, now - 30_000, now))
    assert.isTrue(isAlive(elsewhere, now + 2_000, now))
    assert.isFalse(isAlive(elsewhere, now + 30_000, now))
  })

  it.skipIf(me.started === "")("a process id that has come round again is another process", () => {
    assert.isFalse(isAlive({ ...me, started: `${me.started}0` }, now, now))
  })

  it("where no start time is known, process and heartbeat must both be there", () => {
    const unknown = { ...me, started: "" }
    assert.isTrue(isAlive(unknown, now, now))
    assert.isFalse(isAlive(unknown, now - 30_000, now))
    const { pid } = spawnSync("true")
    assert.isFalse(isAlive({ ...unknown, pid }, now, now))
  })
})
