/** Owns folders of configuration for tests: a user's, a project's and a state folder, gone with the test's scope. */
import { Effect } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Environment } from "../../src/adapters/config/Environment.ts"
import { type Flags, load } from "../../src/adapters/config/YamlConfiguration.ts"
import type { ConfigPlace } from "../../src/domain/config/ConfigPlace.ts"
import type { FileName } from "../../src/domain/config/Settings.ts"
import { type Configuration, rows } from "../../src/ports/Configuration.ts"

export type Files = Partial<Record<FileName, string | Uint8Array>>

/** What a load starts from. `named` is `--config-dir` with the project's folder. */
export interface Start {
  readonly user?: Files
  readonly project?: Files
  readonly environment?: Environment
  readonly flags?: Flags
  readonly named?: boolean
}

export const folders = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "io3-config-"))),
  (root) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
).pipe(
  Effect.map((root) => {
    const places = {
      root,
      data: join(root, "data"),
      userConfig: join(root, "user"),
      projectConfig: join(root, "project", ".io3", "config"),
      trusted: join(root, "state", "trusted.json"),
      named: false
    }
    const write = (directory: string, files: Files) => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(directory, { recursive: true })
        writeFileSync(join(directory, name), text)
      }
    }
    return {
      ...places,
      write,
      load: (start: Start = {}, projectConfig: string = places.projectConfig) =>
        Effect.suspend(() => {
          write(places.userConfig, start.user ?? {})
          write(places.projectConfig, start.project ?? {})
          return load({
            locations: { ...places, projectConfig, named: start.named ?? false },
            environment: start.environment ?? {},
            flags: start.flags ?? {}
          })
        })
    }
  })
)

/** Loads from fresh folders. */
export const loaded = (start: Start) => Effect.scoped(Effect.flatMap(folders, (made) => made.load(start)))

/** The failure of a load that has to fail. */
export const refused = (start: Start) => Effect.flip(loaded(start))

/** The places a load complains about, as `file:line:column fault key`. */
export const complaints = (start: Start) =>
  Effect.map(refused(start), (failure) => (failure.places ?? []).map(written))

const written = (place: ConfigPlace): string =>
  `${place.file}:${place.line}:${place.column} ${place.fault} ${place.key ?? "-"}`

/** One value of the listing and where it came from. */
export const row = (configuration: Configuration["Service"], key: string): string => {
  const found = rows(configuration).find((candidate) => candidate.key === key)
  return found ? `${found.value} (${found.origin})` : "none"
}
