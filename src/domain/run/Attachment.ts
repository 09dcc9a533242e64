/** Owns text that comes beside a prompt: how it is framed, and where it is cut. */
import { Content } from "../Content.ts"
import type { Settings } from "../config/Settings.ts"

/**
 * Cuts attached text to `limit` code points, and says so in the text. Where it is cut depends on its length alone: the
 * record says how much was left out, and must not tell where a sentence ended.
 */
export const attach = (
  file: Content,
  limit: number
): { readonly content: Content; readonly dropped: number } => {
  const total = file.length
  const framed = (body: ReadonlyArray<Content | string>) =>
    Content.concat(["[Attached text]\n---\n", ...body, "\n---"])
  if (total <= limit) return { content: framed([file]), dropped: 0 }
  const kept = file.slice(0, limit)
  return {
    content: framed([kept, `\n[Cut: ${limit} of ${total} characters shown]`]),
    dropped: total - limit
  }
}

/** The same under the limit of a configuration. */
export const attached = ({ runtime }: Settings, file: Content | null) =>
  file ? attach(file, runtime.file_content_limit_chars) : null
