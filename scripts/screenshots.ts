/** Owns the pictures of the page in `docs/images`: every telling state, as its tests get there, large and small, light and dark. */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const images = join(root, "docs", "images")

rmSync(images, { recursive: true, force: true })
const { status } = spawnSync(
  join(root, "node_modules", ".bin", "vitest"),
  ["run", "test/web/accessible.test.ts", "-t", "is drawn"],
  { cwd: root, stdio: "inherit", env: { ...process.env, IO3_PICTURES: images } }
)
process.exitCode = status ?? 1
