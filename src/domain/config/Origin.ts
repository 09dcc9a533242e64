/** Owns the layers of the configuration, the lowest first. */

/** Which layer of the configuration a value was taken from; a later layer wins. */
export const origins = ["packaged", "user", "project", "environment", "flag"] as const
export type Origin = (typeof origins)[number]
