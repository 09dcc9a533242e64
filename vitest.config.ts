/** Owns how the tests are found and bounded. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    globalSetup: "test/support/release.ts",
    setupFiles: "test/support/seeded.ts",
    include: ["test/**/*.test.ts"],
    // One for each core: by itself one core would have nothing to do.
    maxWorkers: "100%",
    // With every core at work, a slow machine takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A thread that begins in a source has its types stripped by Wasm, unless that is remembered. After a thousand such
    // threads V8 has freed Wasm code twice, on processors with keys for pages: https://github.com/nodejs/node/issues/64500
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/io3", import.meta.url)) }
  }
})
