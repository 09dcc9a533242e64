/**
 * Owns what a program of `test/support` says: a line that is out before anything else happens, so that a kill cannot take
 * back what was done. The pipe to the test does not block; while the test is busy and the pipe is full, it is waited for.
 */
import { writeSync } from "node:fs"
import { isCode } from "../../src/adapters/FirstUse.ts"

const PAUSE_MILLIS = 2
const pause = new Int32Array(new SharedArrayBuffer(4))

export const say = (text: string): void => {
  for (let rest = Buffer.from(`${text}\n`); rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if (!isCode(error, "EAGAIN")) throw error
      Atomics.wait(pause, 0, 0, PAUSE_MILLIS)
    }
  }
}

export const tell = (line: object): void => say(JSON.stringify(line))
