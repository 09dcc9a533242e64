/** Owns the throwaway place an integrity check runs in: what it starts from, and every byte that was written there. */
import { Context, type Effect } from "effect"
import type { Settings } from "../domain/config/Settings.ts"

export class Sandbox extends Context.Service<
  Sandbox,
  {
    /** The configuration of an installation that nobody configured. */
    readonly packaged: Settings
    /** Every file that was written, whole. */
    readonly files: Effect.Effect<ReadonlyArray<Uint8Array>>
  }
>()("io-iii/ports/Sandbox") {}
