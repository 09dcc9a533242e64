/** Owns the runbook that somebody has named: read first of all, so that what is wrong with it is said before anything else is. */
import { Context, Layer } from "effect"
import { type ReadRunbook, RunbookReader } from "../../ports/RunbookReader.ts"

export class GivenRunbook extends Context.Service<GivenRunbook, ReadRunbook>()(
  "io-iii/core/runbook/GivenRunbook"
) {
  /** A file, or standard input for `-`. Fails as `RunbookReader` does. */
  static readonly layer = (path: string) =>
    Layer.effect(
      GivenRunbook,
      RunbookReader.use((reader) => reader.read(path))
    )
}
