/** Owns the way of tests to the independent verifier, which has no types and shares none of ours. */
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** What the verifier says of a file. */
export type Found =
  | {
      readonly ok: true
      readonly kind: "export" | "disclosure" | "snapshot"
      readonly rows: number
      readonly vouched: boolean
    }
  | {
      readonly ok: false
      readonly falsehood: string
      readonly position: number | null
      readonly stream: string | null
      readonly seq: number | null
    }

/** What may stand in a value: the name of a leaf, or what is made of leaves. */
export type Shape = string | { readonly [member: string]: unknown }

interface Verifier {
  readonly verifyExport: (
    chunks: Iterable<Uint8Array>,
    options?: { readonly key?: string | null; readonly checkpoint?: string | null }
  ) => Found
  readonly verifyDisclosure: (
    bytes: Uint8Array,
    text: Uint8Array,
    options?: { readonly key?: string | null }
  ) => Found
  readonly verifySnapshot: (bytes: Uint8Array, options?: { readonly key?: string | null }) => Found
}

type Shapes = Readonly<Record<string, Shape>>

export const scripts = join(import.meta.dirname, "../../scripts")
export const program = join(scripts, "verify-ledger.mjs")
const load = async <A>(file: string): Promise<A> => (await import(pathToFileURL(file).href)) as A

export const { verifyExport, verifyDisclosure, verifySnapshot } = await load<Verifier>(program)
const part = <A>(name: string) => load<A>(join(scripts, "verify-ledger", `${name}.mjs`))
export const { EVENTS } = await part<{ readonly EVENTS: Readonly<Record<string, Shapes>> }>("shapes")
export const { NAMED } = await part<{ readonly NAMED: Shapes }>("records")
export const { RETRYABLE } = await part<{ readonly RETRYABLE: ReadonlyArray<string> }>("codes")
export const { SENTENCES } = await part<{ readonly SENTENCES: Readonly<Record<string, string>> }>("sentences")
