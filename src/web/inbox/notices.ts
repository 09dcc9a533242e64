/** Owns what the browser tells of the inbox while the page is out of sight: that something waits, and no word of it. */
import { signal } from "@preact/signals"
import { go } from "../route.ts"
import { strings } from "../strings.ts"
import { notices } from "./settings.ts"

const isThere = "Notification" in globalThis

/** What the browser allows; null where it has no notifications. */
export const permission = signal<NotificationPermission | null>(isThere ? Notification.permission : null)

/** Asks the browser where it has not been asked; else turns them on or off. */
export const switchNotices = async (): Promise<void> => {
  if (permission.value === "granted") {
    notices.value = notices.value === "on" ? "off" : "on"
    return
  }
  permission.value = await Notification.requestPermission()
  if (permission.value === "granted") notices.value = "on"
}

export const notify = (count: number): void => {
  if (permission.value !== "granted" || notices.value !== "on" || !document.hidden) return
  const notice = new Notification(strings.common.name, {
    body: strings.inbox.notices.text(count),
    tag: "io3-inbox"
  })
  notice.addEventListener("click", () => {
    window.focus()
    go("inbox")
    notice.close()
  })
}
