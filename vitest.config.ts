/** Owns how the tests are found and bounded. */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    globalSetup: "test/support/release.ts",
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
