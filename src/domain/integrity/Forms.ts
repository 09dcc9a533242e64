/** Owns the forms in which a text may stand in bytes without being hidden, and the search for them. Pure. */

/** Text as any of these is as good as in clear. */
const formsOf = (text: string): ReadonlyArray<string> => {
  const utf8 = latin(new TextEncoder().encode(text))
  const wide = [...utf8].map((byte) => `${byte}\0`).join("")
  const hex = [...utf8].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("")
  // Base64 of a text depends on where in its group of three the text begins.
  const base64 = [0, 1, 2].map((before) => {
    const encoded = btoa("\0".repeat(before) + utf8)
    return encoded.slice(before === 0 ? 0 : 4, Math.floor((before + utf8.length) / 3) * 4)
  })
  const url = base64.map((encoded) => encoded.replaceAll("+", "-").replaceAll("/", "_"))
  // UTF-16 of either order has this in it.
  return [...new Set([utf8, wide.slice(0, -1), hex, hex.toUpperCase(), ...base64, ...url])]
}

const PIECE = 8192

/** Bytes as characters of the same numbers. */
const latin = (bytes: Uint8Array): string => {
  let text = ""
  for (let start = 0; start < bytes.length; start += PIECE) {
    text += String.fromCharCode(...bytes.subarray(start, start + PIECE))
  }
  return text
}

/** The names of those texts that stand in these bytes, in any form. */
export const namesIn = <K extends string>(
  bytes: Uint8Array,
  texts: ReadonlyArray<readonly [name: K, text: string]>
): ReadonlyArray<K> => {
  const haystack = latin(bytes)
  return texts.flatMap(([name, text]) =>
    formsOf(text).some((form) => haystack.includes(form)) ? [name] : []
  )
}

/** Whether one run of bytes stands within another. */
export const contains = (bytes: Uint8Array, wanted: Uint8Array): boolean =>
  latin(bytes).includes(latin(wanted))
