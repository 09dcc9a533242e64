/**
 * Owns the page in `dist/page`: built from `src/web` and compressed, once for all who are sent it. It takes its place whole or not
 * at all.
 */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"

const root = join(import.meta.dirname, "..")
const sources = join(root, "src", "web")
/** What checks a ledger in the browser, too. */
const verifier = join(root, "scripts", "verify-ledger")
export const home = join(root, "dist", "page")

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : []
  )

const changedAt = (path: string): number => statSync(path).mtimeMs

/** Whether it is there, and of what its sources and its packages are now. */
export const isFresh = (
  page = home,
  from = [...filesIn(sources), ...filesIn(verifier), join(root, "package-lock.json")]
): boolean => {
  const index = join(page, "index.html")
  if (!existsSync(index)) return false
  const builtAt = changedAt(index)
  return from.every((path) => changedAt(path) <= builtAt)
}

/** Beneath this, a file is as large compressed. */
const SMALL = 400
const DENSE = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }

const compress = (folder: string): void => {
  for (const path of filesIn(folder)) {
    if (!/\.(?:css|html|js|svg|webmanifest)$/.test(path)) continue
    const bytes = readFileSync(path)
    if (bytes.length < SMALL) continue
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, DENSE))
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  }
}

/** Throws where it cannot be built; then whatever was there still is. */
export const buildPage = async (page = home): Promise<void> => {
  // Whatever this process is for, the page is for people.
  process.env["NODE_ENV"] = "production"
  const { build } = await import("vite")
  mkdirSync(dirname(page), { recursive: true })
  const made = mkdtempSync(join(dirname(page), ".page-"))
  try {
    await build({
      configFile: join(sources, "vite.config.ts"),
      logLevel: "warn",
      build: { outDir: made, emptyOutDir: true }
    })
    compress(made)
    // A folder that is made for the moment is its maker's alone; this one is shipped.
    chmodSync(made, 0o755)
    rmSync(page, { recursive: true, force: true })
    renameSync(made, page)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** For a start: what is not fresh is built, in a process of its own, and a start goes on without what cannot be. */
export const prepare = (): void => {
  if (isFresh()) return
  process.stderr.write("Building the page …\n")
  const { status } = spawnSync(process.execPath, [import.meta.filename], { stdio: ["ignore", 2, 2] })
  if (status !== 0) process.stderr.write("The page could not be built; everything else is served.\n")
}

if (import.meta.main) await buildPage()
