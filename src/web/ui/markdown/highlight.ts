/** Owns the colours of code: which languages are known, and which part of a text is what. It is loaded when there is code. */
import core from "highlight.js/lib/core"
import bash from "highlight.js/lib/languages/bash"
import diff from "highlight.js/lib/languages/diff"
import go from "highlight.js/lib/languages/go"
import json from "highlight.js/lib/languages/json"
import python from "highlight.js/lib/languages/python"
import typescript from "highlight.js/lib/languages/typescript"
import xml from "highlight.js/lib/languages/xml"
import yaml from "highlight.js/lib/languages/yaml"

/** A text, or pieces that are one thing together: a keyword, a string, a comment. */
export type Piece = string | { readonly scope: string; readonly pieces: ReadonlyArray<Piece> }

const LANGUAGES = { bash, diff, go, json, python, typescript, xml, yaml }
for (const [name, language] of Object.entries(LANGUAGES)) core.registerLanguage(name, language)
core.registerAliases(["js", "javascript", "jsx", "node"], { languageName: "typescript" })

interface Node {
  readonly scope?: string
  readonly children: ReadonlyArray<Node | string>
}

const pieceOf = (node: Node | string): Piece =>
  typeof node === "string"
    ? node
    : { scope: (node.scope ?? "").split(".")[0]!, pieces: node.children.map(pieceOf) }

/** Null where the language is not known. */
export const highlight = (code: string, language: string): ReadonlyArray<Piece> | null => {
  if (!core.getLanguage(language)) return null
  const { _emitter: tree } = core.highlight(code, { language, ignoreIllegals: true })
  return (tree as unknown as { readonly rootNode: Node }).rootNode.children.map(pieceOf)
}
