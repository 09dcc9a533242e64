/** Owns texts by their UTF-8 bytes: what a reader's place in one is counted in. */

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytesOf = (text: string): number => encoder.encode(text).length

/** The text from a byte on; from the beginning of the character where that is inside of one. */
export const from = (text: string, byte: number): string => {
  if (byte === 0) return text
  const bytes = encoder.encode(text)
  let start = Math.min(byte, bytes.length)
  while (start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  return decoder.decode(bytes.subarray(start))
}
