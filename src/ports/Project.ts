/** Owns what a person may do to the configuration of the folder they stand in: begin one, and trust one. */
import { Context, type Effect, Schema } from "effect"
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
  /** What the files that were put aside are called now, e.g. `runtime.yaml.old`. */
  readonly aside: ReadonlyArray<string>
}

/**
 * Whether what a project folder says of providers, addresses and keys counts: `absent` without a configuration, `free` with
 * one that says nothing of the kind, `named` where the person named the folder.
 */
export const Trust = Schema.Literals(["absent", "free", "named", "trusted", "untrusted", "unreadable"])
export type Trust = typeof Trust.Type

export class Project extends Context.Service<
  Project,
  {
    readonly trusted: Effect.Effect<Trust>
    /** Writes a commented configuration that fits what was found. `CONFIG_UNWRITABLE` when it cannot. */
    readonly begin: (
      found: Surroundings,
      existing: "keep" | "put-aside"
    ) => Effect.Effect<Begun, RuntimeFailure>
    /** Trusts what the folder says now of providers, addresses and keys; a later change is untrusted again. */
    readonly trust: Effect.Effect<void, RuntimeFailure>
  }
>()("io-iii/ports/Project") {}
