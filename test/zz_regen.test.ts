import { it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { documented } from "./support/shapes.ts"
import { RETRYABLE } from "./support/verifier.ts"
it("regenerates", () => {
  const doc = readFileSync("docs/ledger-format.md", "utf8")
  writeFileSync(
    "docs/ledger-format.md",
    doc.replace(
      /<!-- events -->\n+```text\n[\s\S]*?\n```\n+<!-- \/events -->/,
      () => `<!-- events -->\n\n\`\`\`text\n${documented(RETRYABLE)}\n\`\`\`\n\n<!-- /events -->`
    )
  )
})
