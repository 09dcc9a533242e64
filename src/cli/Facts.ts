/** Owns how facts of a run read: the one quiet line after an answer, amounts, and tables of two columns. */
import type { RunResult } from "../core/run/Runs.ts"
import type { Certificate } from "../domain/run/Bounds.ts"
import { countOf } from "../domain/memory/Recall.ts"
import type { Receipt } from "../domain/run/Receipt.ts"
import type { Verdict } from "../domain/run/Verdict.ts"

/** E.g. `executor → ollama qwen3:8b · 1 of 1 calls · 27 in / 48 out · 1.2 s · not audited · run 0190…`. */
export const facts = ({
  run,
  released: { receipt, output },
  leftOut,
  memory,
  issues
}: Pick<RunResult, "run" | "released" | "leftOut" | "memory" | "issues">): string =>
  [
    `${receipt.mode} → ${receipt.provider} ${receipt.model}${receipt.fallbackUsed ? " (fallback)" : ""}`,
    `${receipt.usage.calls} of ${receipt.certificate.calls} calls`,
    `${receipt.usage.inputTokens ?? "?"} in / ${receipt.usage.outputTokens ?? "?"} out`,
    seconds(receipt.usage.latencyMillis),
    ...(receipt.finish === "length" ? ["cut at the token limit"] : []),
    ...remembered(memory),
    ...(receipt.capability && output !== null
      ? [`${receipt.capability.id}: its output is the last line`]
      : []),
    ...(leftOut > 0 ? [`${counted(leftOut, "character")} left out`] : []),
    verdict(receipt, issues),
    `run ${run}`
  ].join(" · ")

/** E.g. `1 memory record read, 2 left out`. What a pack names and nobody has written is not worth a word. */
const remembered = (memory: RunResult["memory"]): ReadonlyArray<string> => {
  const [first, ...others] = (
    [
      ["released", "read"],
      ["denied", "denied"],
      ["dropped", "left out"]
    ] as const
  ).flatMap(([outcome, word]) => {
    const count = countOf(memory ?? [], outcome)
    return count === 0 ? [] : [{ count, word }]
  })
  if (!first) return []
  const records = `${counted(first.count, "memory record")} ${first.word}`
  return [[records, ...others.map(({ count, word }) => `${count} ${word}`)].join(", ")]
}

export const atMost = ({ calls, inputTokens, outputTokens, wallMillis }: Certificate): string =>
  `${counted(calls, "call")} · ${inputTokens} in / ${outputTokens} out tokens · ${wallMillis / 1000} s`

/** E.g. `1 call`, `2 calls`. */
export const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** Lines of a name and what is said of it; what is null is left out. */
export const columns = (
  lines: ReadonlyArray<readonly [name: string, text: string | null]>
): ReadonlyArray<string> => {
  const width = Math.max(...lines.map(([name]) => name.length)) + 2
  return lines.flatMap(([name, text]) => (text === null ? [] : [name.padEnd(width) + text]))
}

export const seconds = (millis: number): string =>
  millis < 1000 ? `${millis} ms` : `${(millis / 1000).toFixed(1)} s`

/** The issues that an auditor named, a line each, without a word of its own. */
export const issuesIn = (verdict: Verdict | null): ReadonlyArray<readonly [name: string, text: string]> =>
  (verdict?.issues ?? []).map(({ code, severity }) => ["", `${code} · severity ${severity}`])

/** A pass may stand beside issues: those that do not keep an answer from leaving. */
const verdict = ({ audit, auditor }: Receipt, issues: number): string => {
  const by = auditor && !auditor.independent ? ", same model" : ""
  switch (audit) {
    case "none":
      return "not audited"
    case "pass":
      return `audit passed${issues > 0 ? ` with ${counted(issues, "issue")}` : ""}${by}`
    case "revised":
      return `revised after audit${by}`
    case "unaudited":
      return "audit unavailable, released unaudited"
  }
}
