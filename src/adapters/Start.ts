/** Owns what is said when a process is started, and where that leads; it starts nothing. */
import { lstatSync } from "node:fs"
import { homedir } from "node:os"
import type { Environment } from "./config/Environment.ts"
import { locate, type Locations } from "./config/Locations.ts"

/** What the person who starts a process may say. */
export interface Wishes {
  /** Where the journal and its key are kept; else `IO3_DATA`, `./.io3` or the user's data folder. */
  readonly data?: string | undefined
  /** Read in place of `./.io3/config`. */
  readonly configDirectory?: string | undefined
  /** Use no provider but the stand-in. */
  readonly offline?: boolean | undefined
}

export interface Options {
  readonly locations: Locations
  readonly environment: Environment
  readonly offline: boolean
  /** `worker` for a process that serves, `in-thread` for one that answers once. */
  readonly journal: "in-thread" | "worker"
}

/** The options of this process, as it was started. */
export const here = (
  { data, configDirectory, offline = false }: Wishes,
  journal: Options["journal"]
): Options => ({
  locations: locate({
    workingDirectory: process.cwd(),
    home: homedir(),
    environment: process.env,
    data: data ?? null,
    configDirectory: configDirectory ?? null,
    isDirectory: (path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  }),
  environment: process.env,
  offline,
  journal
})
