/** Owns how the tests are found and bounded. */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    globalSetup: "test/support/release.ts",
    include: ["test/**/*.test.ts"],
    // One for each core: by itself one core would have nothing to do.
    maxWorkers: "100%",
    // With every core at work, a slow machine takes its time.
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
