/** Owns access to the decoded configuration and where each value of it came from. */
import { Context } from "effect"
import type { Origin } from "../domain/config/Origin.ts"
import type { FileName, Settings } from "../domain/config/Settings.ts"
import { textAt } from "../domain/config/SettingsKeys.ts"

/** A value's place: the file it belongs to and its path of keys in it. A list of plain values is one value. */
export interface Placed {
  readonly file: FileName
  readonly path: ReadonlyArray<string>
  readonly origin: Origin
}

export class Configuration extends Context.Service<
  Configuration,
  {
    readonly settings: Settings
    /** Every value that is set, with its origin; in file order. */
    readonly placed: ReadonlyArray<Placed>
    /** Values of a project folder that were left out because the folder is not trusted. */
    readonly untrusted: ReadonlyArray<Placed>
  }
>()("io-iii/ports/Configuration") {}

/** One line of a listing. */
export interface Row {
  readonly file: FileName
  /** E.g. `routing_table.modes.executor.primary`. */
  readonly key: string
  /** An identifier, number or boolean as text; `<content>` and `<ignored>` for what is not shown. */
  readonly value: string
  readonly origin: Origin
}

/** The configuration as a listing: nothing in it is text of a person. */
export const rows = (configuration: Configuration["Service"]): ReadonlyArray<Row> =>
  configuration.placed.map(({ file, path, origin }) => ({
    file,
    key: path.join("."),
    value: textAt(configuration.settings, file, path),
    origin
  }))
