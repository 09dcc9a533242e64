/** Owns which key means what in the inbox. */
import type { Action } from "./fold.ts"

export type Command = "next" | "previous" | "open" | "undo" | "help" | "back" | Action

const KEYS: ReadonlyMap<string, Command> = new Map([
  ["j", "next"],
  ["k", "previous"],
  ["o", "open"],
  ["Enter", "open"],
  ["a", "approve"],
  ["e", "edit"],
  ["r", "redirect"],
  ["x", "reject"],
  ["c", "close"],
  ["u", "undo"],
  ["?", "help"],
  ["Escape", "back"]
])

/** What a key that is pressed says of where the focus is. */
export interface Pressed {
  readonly key: string
  /** Ctrl, Alt or Meta: such a key is the browser's. */
  readonly isModified: boolean
  readonly isRepeated: boolean
  /** Where the focus is: in something that takes letters, on something that takes Enter, or neither. */
  readonly focus: "field" | "control" | "none"
}

/** What it means; null where it is not ours. No decision is made by a key that is held down. */
export const commandOf = ({ key, isModified, isRepeated, focus }: Pressed): Command | null => {
  if (isModified || focus === "field") return null
  if (key === "Enter" && focus === "control") return null
  const command = KEYS.get(key) ?? null
  return isRepeated && command !== "next" && command !== "previous" ? null : command
}
