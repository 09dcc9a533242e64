/**
 * Owns the release in `dist`: one bundled program behind a small launcher, the page, and the library with its types. With
 * `--program DIR` it makes the program with its page alone, there.
 */
import { build, type BuildOptions, type OnLoadResult, type Plugin } from "esbuild"
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { parseArgs } from "node:util"
import { buildPage } from "./page.ts"

const root = join(import.meta.dirname, "..")
const { program } = parseArgs({ options: { program: { type: "string" } } }).values
const dist = program ?? join(root, "dist")

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  logLevel: "warning"
}

/**
 * `import { Schema } from "effect"` reads well and brings the whole library along: each name is imported from its own
 * module instead, which makes the program a third of the size and its start twice as fast.
 */
const BARREL = /^import \{([^}]+)\} from "(effect(?:\/[a-z-]+)?|@effect\/platform-node)"$/gmu
const ownModules: Plugin = {
  name: "own-modules",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, async ({ path }) => ({
      loader: "ts",
      contents: (await readFile(path, "utf8")).replaceAll(BARREL, (_, names: string, barrel: string) =>
        names
          .split(",")
          .map((name) => name.trim().split(" as "))
          .filter(([name]) => name && !name.startsWith("type "))
          .map(([name, alias = name]) => `import * as ${alias} from "${barrel}/${name}"`)
          .join(";")
      )
    }))
}

/**
 * The command line's library asks for the character tables of every language while it is loaded, which takes longer
 * than all else that `io3 --version` does. Only what lays out a help text measures characters: they are asked for there.
 */
const SEGMENTER = /const graphemeSegmenter = (?:\/\*.*?\*\/ *)?(new Intl\.Segmenter\([^)]*\));/u
const lateTables: Plugin = {
  name: "late-tables",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]effect[/\\]dist[/\\]cli[/\\]CliOutput\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8")
      if (!SEGMENTER.test(source)) throw new Error(`${path} no longer makes its segmenter as it is loaded`)
      const late =
        "let segmenter; const graphemeSegmenter = { segment: (text) => (segmenter ??= $1).segment(text) };"
      return { contents: source.replace(SEGMENTER, late) }
    })
}

/** What a package of the older format exports, by name. */
const named = async (name: string): Promise<OnLoadResult> => {
  const { default: whole }: { readonly default: object } = await import(name)
  const names = Object.keys(whole).join(", ")
  return {
    contents: `import whole from "${name}"; export const { ${names} } = whole; export default whole`,
    resolveDir: root
  }
}

/** Such a package, loaded on demand, is a file of the bundle that has its names only if they are written out. */
const namedExports: Plugin = {
  name: "named-exports",
  setup: ({ onLoad, onResolve }) => {
    onLoad({ filter: /platform-node[/\\]dist[/\\]Undici\.js$/ }, () => named("undici"))
    onResolve({ filter: /^yaml$/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, namespace: "named" } : undefined
    )
    onLoad({ filter: /^/, namespace: "named" }, ({ path }) => named(path))
  }
}

/** Bundled packages in the older module format ask for `require`. */
const banner = {
  js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);'
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })

/** The program brings everything along and needs no installed package. */
const whole: BuildOptions = {
  ...common,
  banner,
  plugins: [ownModules, lateTables, namedExports],
  splitting: true,
  chunkNames: "[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true
}

// What only some commands need (the HTTP client, the YAML parser) is a file of its own, read when it is asked for.
await build({
  ...whole,
  entryPoints: {
    cli: "src/main.ts",
    "journal-worker": "src/adapters/journal/worker.ts",
    "journal-inspector": "src/adapters/journal/inspector.ts",
    "journal-checker": "src/adapters/journal/checker.ts"
  }
})

// The thread that capabilities work in loads one of them at a time. It shares nothing with the program: files that are
// shared are smaller and more, and every start of the program would take longer.
const capabilities = readdirSync(join(root, "src", "adapters", "capability", "builtin"))
await build({
  ...whole,
  chunkNames: "capability-[name]-[hash]",
  entryPoints: {
    "capability-worker": "src/adapters/capability/worker.ts",
    ...Object.fromEntries(
      capabilities.map((file) => [
        `capability-${basename(file, ".ts")}`,
        `src/adapters/capability/builtin/${file}`
      ])
    )
  }
})
copyFileSync(join(root, "scripts", "launch.js"), join(dist, "io3.js"))
chmodSync(join(dist, "io3.js"), 0o755)

await buildPage(join(dist, "page"))

if (program === undefined) {
  // The library shares its packages with the program that imports it, and its classes between its two entries.
  await build({
    ...common,
    packages: "external",
    splitting: true,
    chunkNames: "[name]-[hash]",
    entryPoints: { index: "src/index.ts", client: "src/client.ts", testing: "src/testing.ts" }
  })

  const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
  const project = join(root, "scripts", "tsconfig.release.json")
  const types = spawnSync(process.execPath, [tsc, "-p", project], { stdio: "inherit" })
  process.exitCode = types.status ?? 1
}
