/** Owns what two records of the same course may differ in: identifiers, times, digests. Masked, they are to be equal. */

const masks: ReadonlyArray<readonly [RegExp, string]> = [
  [/[0-9a-f]{128}/gu, "<signature>"],
  [/[0-9a-f]{64}/gu, "<digest>"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu, "<id>"]
]

/** A record or text without what is drawn anew each time. */
export const masked = (record: unknown): string =>
  masks.reduce(
    (text, [pattern, mask]) => text.replaceAll(pattern, mask),
    typeof record === "string" ? record : JSON.stringify(record)
  )

/** The same of what a program prints, without how long something took, and when it was. */
export const timed = (text: string): string =>
  masked(text)
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/gu, "<time>")
    .replaceAll(
      /("(?:[a-zA-Z_]*(?:[mM]illis|_ms|_at|atency|At|_inference|_audit)|at|timestamp)"): ?\d+/gu,
      "$1:<time>"
    )
    .replaceAll(/\b\d+(\.\d+)? m?s\b/gu, "<time>")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}\b/gu, "<id>")
    .replaceAll(/\b[0-9a-f]{12}\b/gu, "<digest>")
