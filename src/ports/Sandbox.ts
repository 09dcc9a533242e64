/** Owns the throwaway place an integrity check runs in: what it starts from, and every byte that was written there. */
import { Context, type Effect, type Layer } from "effect"
import type { Settings } from "../domain/config/Settings.ts"
import type { Journal } from "./Journal.ts"
import type { Outbox } from "./Outbox.ts"

export class Sandbox extends Context.Service<
  Sandbox,
  {
    /** The configuration of an installation that nobody configured. */
    readonly packaged: Settings
    /** Every file that was written, whole. */
    readonly files: Effect.Effect<ReadonlyArray<Uint8Array>>
    /** The record as whoever comes later finds it, with nothing but the files. */
    readonly reopened: Layer.Layer<Journal | Outbox>
  }
>()("io-iii/ports/Sandbox") {}
