/** Owns the sentences of the system's part of the page. */
export const system = {
  title: "System",
  about: "What this server is, what it may use, and what stands in its way."
}
