/** Owns the one quiet line of facts after an answer: who answered, at what cost, under which verdict. */
import type { RunResult } from "../core/Runs.ts"
import type { Receipt } from "../domain/Receipt.ts"

/** E.g. `executor → ollama qwen3:8b · 1 of 1 calls · 27 in / 48 out · 1.2 s · not audited · run 0190…`. */
export const facts = ({ run, released: { receipt } }: RunResult): string =>
  [
    `${receipt.mode} → ${receipt.provider} ${receipt.model}${receipt.fallbackUsed ? " (fallback)" : ""}`,
    `${receipt.usage.calls} of ${receipt.certificate.calls} calls`,
    `${receipt.usage.inputTokens ?? "?"} in / ${receipt.usage.outputTokens ?? "?"} out`,
    seconds(receipt.usage.latencyMillis),
    ...(receipt.finish === "length" ? ["cut at the token limit"] : []),
    verdict(receipt),
    `run ${run}`
  ].join(" · ")

const seconds = (millis: number): string =>
  millis < 1000 ? `${millis} ms` : `${(millis / 1000).toFixed(1)} s`

const verdict = ({ audit, auditor }: Receipt): string => {
  const by = auditor && !auditor.independent ? ", same model" : ""
  switch (audit) {
    case "none":
      return "not audited"
    case "pass":
      return `audit passed${by}`
    case "revised":
      return `revised after audit${by}`
    case "unaudited":
      return "audit unavailable, released unaudited"
  }
}
