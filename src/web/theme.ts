/** Owns whether the page is light or dark: as the system is, or as somebody has chosen here. */
import { effect, signal } from "@preact/signals"

const THEMES = ["auto", "light", "dark"] as const
export type Theme = (typeof THEMES)[number]

const KEY = "io3.theme"
const kept = localStorage.getItem(KEY)
export const theme = signal<Theme>(THEMES.find((known) => known === kept) ?? "auto")

export const nextTheme = (): void => {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!
}

effect(() => {
  localStorage.setItem(KEY, theme.value)
  if (theme.value === "auto") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = theme.value
})
