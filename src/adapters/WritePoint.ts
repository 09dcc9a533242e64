/** Owns the moments at which the disk changes, by name. Whoever makes a store may stand beside each: tests die there. */
export const writePoints = [
  // A private file made on first use: the empty draft, its bytes, its name, the folder's entries.
  "draft",
  "fill",
  "link",
  "folder",
  // A transaction: its parts in this order, some of them several times.
  "begin",
  "register",
  "grow",
  "erase",
  "charge",
  "claim",
  "answer",
  "adopt",
  "commit",
  // The log is folded into the file and emptied.
  "checkpoint"
] as const
export type WritePoint = (typeof writePoints)[number]

/** Does what happens at a point. */
export type Pass = <A>(point: WritePoint, act: () => A) => A

/** Nobody stands there. */
export const pass: Pass = (_, act) => act()
