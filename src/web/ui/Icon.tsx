/** Owns the signs of the page: strokes of one width in a square of 24. */
const PATHS = {
  chat: "M4 5h16v11H9l-5 4z",
  inbox: "M4 13l3-8h10l3 8v6H4zM4 13h5l1 3h4l1-3h5",
  ledger: "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
  system:
    "M12 4v3M12 17v3M4 12h3M17 12h3M6.3 6.3l2.2 2.2M15.5 15.5l2.2 2.2M17.7 6.3l-2.2 2.2M8.5 15.5l-2.2 2.2M12 9a3 3 0 100 6 3 3 0 000-6z",
  plus: "M12 5v14M5 12h14",
  send: "M5 12h13M12 6l6 6-6 6",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h11v11H9zM5 15V4h11",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  again: "M19 12a7 7 0 11-2-5M17 3v4h-4",
  search: "M11 5a6 6 0 100 12 6 6 0 000-12zM16 16l4 4",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 13l4 4L19 7",
  down: "M12 5v14M6 13l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  archive: "M4 5h16v4H4zM6 9v10h12V9M10 13h4",
  list: "M4 7h16M4 12h16M4 17h10",
  keys: "M4 7h16v10H4zM8 14h8M8 10.5h.01M12 10.5h.01M16 10.5h.01",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19",
  moon: "M19 14a7.5 7.5 0 01-9-9 7.5 7.5 0 109 9z",
  half: "M12 4a8 8 0 100 16zM12 4a8 8 0 010 16"
} as const
export type IconName = keyof typeof PATHS

/** A sign beside a name; a screen reader hears the name alone. */
export const Icon = ({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={PATHS[name]} />
  </svg>
)
