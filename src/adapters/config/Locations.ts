/** Owns where the parts of an installation live on disk; it opens none of them. */
import { isAbsolute, join, resolve } from "node:path"
import type { Environment } from "./Environment.ts"

/** What the process was started with. */
export interface Surroundings {
  readonly workingDirectory: string
  readonly home: string
  readonly environment: Environment
  /** The value of `--data`. */
  readonly data: string | null
  /** The value of `--config-dir`. */
  readonly configDirectory: string | null
  /** Whether this is a folder itself, and no link to one. */
  readonly isDirectory: (path: string) => boolean
}

export interface Locations {
  /** The journal, the vault's key and everything else a run leaves behind. */
  readonly data: string
  readonly userConfig: string
  readonly projectConfig: string
  /** Whether the person named the project's directory: then it must exist, and is trusted. */
  readonly named: boolean
  /** What this person has trusted so far. */
  readonly trusted: string
}

/**
 * Data: `--data`, `IO3_DATA`, `./.io3` if present, else the user's data folder (XDG base directories). Only who names a
 * folder may name a link to it: one that came with the project would lead the record out.
 */
export const locate = (around: Surroundings): Locations => {
  const { environment } = around
  const inWorking = (path: string) => resolve(around.workingDirectory, path)
  // The XDG specification has relative values ignored.
  const base = (variable: string | undefined, fallback: string) =>
    variable && isAbsolute(variable) ? variable : join(around.home, fallback)

  const projectFolder = inWorking(".io3")
  const asked = around.data ?? (environment["IO3_DATA"] || null)
  const userData = () => join(base(environment["XDG_DATA_HOME"], ".local/share"), "io3")
  return {
    data: asked !== null ? inWorking(asked) : around.isDirectory(projectFolder) ? projectFolder : userData(),
    userConfig: join(base(environment["XDG_CONFIG_HOME"], ".config"), "io3"),
    projectConfig:
      around.configDirectory === null ? join(projectFolder, "config") : inWorking(around.configDirectory),
    named: around.configDirectory !== null,
    trusted: join(base(environment["XDG_STATE_HOME"], ".local/state"), "io3", "trusted.json")
  }
}
