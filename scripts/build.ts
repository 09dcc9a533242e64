/** Owns the release in `dist`: one bundled program behind a small launcher, and the library with its types. */
import { build, type BuildOptions } from "esbuild"
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const dist = join(root, "dist")

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  logLevel: "warning"
}

/** Bundled packages in the older module format ask for `require`. */
const banner = {
  js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);'
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)

// The program brings everything along: it starts from two files and needs no installed package.
await build({
  ...common,
  banner,
  minifySyntax: true,
  minifyWhitespace: true,
  entryPoints: { cli: "src/main.ts", "journal-worker": "src/adapters/journal/worker.ts" }
})
copyFileSync(join(root, "scripts", "launch.js"), join(dist, "io3.js"))
chmodSync(join(dist, "io3.js"), 0o755)

// The library shares its packages with the program that imports it, and its classes between its two entries.
await build({
  ...common,
  packages: "external",
  splitting: true,
  chunkNames: "[name]-[hash]",
  entryPoints: { index: "src/index.ts", testing: "src/testing.ts" }
})

const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
const project = join(root, "scripts", "tsconfig.release.json")
const types = spawnSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" })
process.exitCode = types.status ?? 1
