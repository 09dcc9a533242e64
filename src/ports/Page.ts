/** Owns what is there of the page that a browser is shown: its files, each as it is sent. Who has built them is not its affair. */
import { Context } from "effect"

/** One file, in the forms in which it may be sent: as it is, and as it was compressed when the page was built. */
export interface PageFile {
  readonly contentType: string
  /** Of its bytes: another one where they are others. */
  readonly digest: string
  /** Whether its name is of its bytes, so that there is never another file of that name. */
  readonly isLasting: boolean
  readonly plain: Uint8Array
  readonly gzip: Uint8Array | null
  readonly br: Uint8Array | null
}

export class Page extends Context.Service<
  Page,
  {
    /** By address, `/` among them. Empty where the page is not built. */
    readonly files: ReadonlyMap<string, PageFile>
  }
>()("io-iii/ports/Page") {}
