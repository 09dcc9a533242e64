/** Owns what a person may do to the configuration of the folder they stand in: begin one, and trust one. */
import { Context, type Effect } from "effect"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { ModelName } from "../domain/Ids.ts"
import type { BaseUrl, FileName } from "../domain/config/Settings.ts"

/** What was found on this machine. */
export interface Surroundings {
  /** Models that can chat, the preferred one first. */
  readonly models: ReadonlyArray<ModelName>
  /** Where the local Ollama answered; null leaves the address as configured. */
  readonly baseUrl: BaseUrl | null
}

/** What became of each file: what exists is kept, or put aside under another name. */
export interface Begun {
  readonly written: ReadonlyArray<FileName>
  readonly kept: ReadonlyArray<FileName>
}

/** Where this process keeps and finds things, for the person who asks. */
export interface Folders {
  readonly data: string
  readonly userConfig: string
  readonly projectConfig: string
}

export class Project extends Context.Service<
  Project,
  {
    readonly folders: Folders
    /** Writes a commented configuration that fits what was found. `CONFIG_UNWRITABLE` when it cannot. */
    readonly begin: (
      found: Surroundings,
      existing: "keep" | "put-aside"
    ) => Effect.Effect<Begun, RuntimeFailure>
    /** Trusts what the folder says now of providers, addresses and keys; a later change is untrusted again. */
    readonly trust: Effect.Effect<void, RuntimeFailure>
  }
>()("io-iii/ports/Project") {}
