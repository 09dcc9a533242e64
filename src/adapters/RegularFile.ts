/** Owns reading regular files, bounded and without waiting; what is no such file is an error of its own. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs"

/** What there is, is no regular file: a folder, a pipe, a device. */
export class NoRegularFile extends Error {}

/** Opens a regular file for reading, and throws for anything else. Does not block: a pipe would wait for a writer. */
export const openRegular = (path: string): number => {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  if (fstatSync(descriptor).isFile()) return descriptor
  closeSync(descriptor)
  throw new NoRegularFile("a file is wanted")
}

/** The bytes of a regular file, or how many there are at least when there are more than `most`. Throws what the system says. */
export const readAtMost = (path: string, most: number): Uint8Array | number => {
  const descriptor = openRegular(path)
  try {
    const { size } = fstatSync(descriptor)
    return size > most ? size : readWhole(descriptor, most)
  } finally {
    closeSync(descriptor)
  }
}

/** A file may grow while it is read. */
const readWhole = (descriptor: number, most: number): Uint8Array | number => {
  const buffer = Buffer.allocUnsafe(most + 1)
  let filled = 0
  for (;;) {
    const read = readSync(descriptor, buffer, filled, buffer.length - filled, null)
    filled += read
    if (filled === buffer.length) return filled
    if (read === 0) return buffer.subarray(0, filled)
  }
}
