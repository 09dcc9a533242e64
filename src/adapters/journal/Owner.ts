/**
 * Owns who a process is and whether it still lives. A stream's owner is a process, not a lease: where process ids can be
 * compared the system knows, and only elsewhere, in another container say, does the heartbeat decide.
 */
import { hash } from "node:crypto"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { OwnerId } from "../../domain/Ids.ts"
import { uuid7 } from "../RandomIdentity.ts"

export interface Owner {
  readonly id: OwnerId
  /** Digest of the place in which `pid` means something: host name and process-id namespace. */
  readonly host: string
  readonly pid: number
  /** When the process started, as boot and ticks since it; empty where the system does not tell. */
  readonly started: string
}

export const HEARTBEAT_MILLIS = 2_000
const SILENCE_MILLIS = 30_000

/** This process, under an id of its own. */
export const thisProcess = (now: number): Owner => ({
  id: OwnerId.make(uuid7(now)),
  host: here(),
  pid: process.pid,
  started: startOf(process.pid) ?? ""
})

/** Whether an owner last heard of at `beat` lives. Hosts are taken to agree on the time within seconds. */
export const isAlive = (owner: Omit<Owner, "id">, beat: number, now: number): boolean => {
  // A beat far in the future is no sign of life either: the clock was set back since.
  const heard = Math.abs(now - beat) < SILENCE_MILLIS
  if (owner.host !== here()) return heard
  return owner.started === "" ? heard && exists(owner.pid) : startOf(owner.pid) === owner.started
}

/** Whether nobody will take a beat for silence soon. */
export const isFresh = (beat: number, now: number): boolean => Math.abs(now - beat) < SILENCE_MILLIS / 2

const here = (): string =>
  hash("sha256", `${hostname()}\n${attempt(() => readlinkSync("/proc/self/ns/pid")) ?? ""}`)

/** A process id comes round again; together with the start of its process, and of the system, it does not. */
const startOf = (pid: number): string | null =>
  attempt(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    // The name before the last bracket may hold anything; state is the first field after it, start time the twentieth.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (fields[0] === "Z" || fields[0] === "X") return null
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()}/${fields[19]}`
  })

const exists = (pid: number): boolean => attempt(() => process.kill(pid, 0)) ?? false

const attempt = <A>(read: () => A): A | null => {
  try {
    return read()
  } catch {
    return null
  }
}
