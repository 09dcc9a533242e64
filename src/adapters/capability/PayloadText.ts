/** Owns how the text of a payload is read: as JSON that means one thing only. What it may say is a capability's affair. */
import { MAX_DEPTH } from "./JsonText.ts"

export type JsonObject = Readonly<Record<string, unknown>>

/** What is wrong with a text: it is not JSON, or not an object that would come through unchanged. */
export type Unread = "CAPABILITY_PAYLOAD_INVALID_JSON" | "CAPABILITY_INVALID_PAYLOAD"

/** In text that is JSON: a key, another string, a bracket or a number. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|-?\d[\d.eE+-]*/gu

/**
 * Reads an object. Refused are keys that stand twice or are named `__proto__`, what is nested too deep, and numbers that
 * would become others: beyond what a double can hold, or whole ones beyond what it holds exactly.
 */
export const read = (text: string): JsonObject | Unread => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return "CAPABILITY_PAYLOAD_INVALID_JSON"
  }
  return isObject(value) && comesThrough(text) ? value : "CAPABILITY_INVALID_PAYLOAD"
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const comesThrough = (text: string): boolean => {
  const open: Array<Set<string>> = []
  for (const [token, key] of text.matchAll(TOKEN)) {
    if (key !== undefined) {
      const keys = open.at(-1)
      const name: string = JSON.parse(key)
      if (keys === undefined || keys.has(name) || name === "__proto__") return false
      keys.add(name)
    } else if (token === "{" || token === "[") {
      if (open.push(new Set()) > MAX_DEPTH) return false
    } else if (token === "}" || token === "]") {
      open.pop()
    } else if (!token.startsWith('"') && !isKept(token)) {
      return false
    }
  }
  return true
}

const isKept = (literal: string): boolean => {
  const number = Number(literal)
  return /[.eE]/u.test(literal) ? Number.isFinite(number) : Number.isSafeInteger(number)
}
