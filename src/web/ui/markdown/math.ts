/** Owns formulas in an answer: they are left as they were written, whatever a star or an underscore means elsewhere. */
import type { TokenizerAndRendererExtension } from "marked"

/** `$x$`, `$$x$$`, `\(x\)` and `\[x\]`; a price is none: no blank inside a single `$`, and no digit after it. */
const FORMULA =
  /^(?:\$\$[^$]{1,4000}?\$\$|\$(?![\s$])(?:[^$\n\\]|\\[^\n]){0,400}?(?<!\s)\$(?!\d)|\\\([^\n]{1,400}?\\\)|\\\[[^]{1,4000}?\\\])/u

export const math: TokenizerAndRendererExtension = {
  name: "math",
  level: "inline",
  start: (source) => {
    const at = source.search(/\$|\\[([]/u)
    return at === -1 ? undefined : at
  },
  tokenizer: (source) => {
    const raw = FORMULA.exec(source)?.[0]
    return raw === undefined ? undefined : { type: "math", raw }
  }
}
