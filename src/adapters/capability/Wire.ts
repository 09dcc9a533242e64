/** Owns what crosses between the program and the thread that does the work of capabilities. */
import type { Performed } from "./Definition.ts"

/** Which capability: the module whose default export it is, and what it has to say of itself. */
export interface Place {
  readonly module: string
  readonly id: string
  readonly version: string
}

/** Orders come one at a time: the next one after the last was answered. */
export type Order =
  | { readonly _tag: "Load"; readonly place: Place }
  /** To the capability that was loaded last. */
  | { readonly _tag: "Perform"; readonly payload: string; readonly maxOutputChars: number }

export type Reply =
  | { readonly _tag: "Loaded"; readonly loaded: boolean }
  | { readonly _tag: "Performed"; readonly performed: Performed; readonly durationMillis: number }
