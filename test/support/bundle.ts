/** Owns child programs as one file each, like the release: they start in a fraction of the time. */
import { Effect } from "effect"
import { build } from "esbuild"
import { join } from "node:path"
import { folder } from "./ledger.ts"

const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** A program of `test/support`, bundled into a folder that is gone after the test. */
export const bundled = (name: string) =>
  Effect.flatMap(folder, (directory) =>
    Effect.promise(async () => {
      const outfile = join(directory, "program.mjs")
      await build({
        entryPoints: [join(import.meta.dirname, name)],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        target: "node24",
        banner: { js: REQUIRE },
        logLevel: "error"
      })
      return outfile
    })
  )
