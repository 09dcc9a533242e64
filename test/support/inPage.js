/** Owns what a test looks for inside of a page, run there by `looking.ts`: what is cut off or covered, and where the focus is. */
globalThis.looks = (() => {
  const textOf = (one) => (one.textContent || one.getAttribute("aria-label") || "").trim().slice(0, 40)
  const named = (one) => `${one.tagName.toLowerCase()}.${one.className} "${textOf(one)}"`
  const ACTIONS = "a, button, input, select, textarea, summary"

  /** Whether somebody with a keyboard can scroll it aside, as wide code and tables are. */
  const isScrolledAside = (one) => {
    for (let at = one; at; at = at.parentElement)
      if (
        at.scrollWidth > at.clientWidth &&
        at.hasAttribute("tabindex") &&
        getComputedStyle(at).overflowX === "auto"
      )
        return true
    return false
  }

  const isCovered = (one, { left, right, top, bottom }) => {
    const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2
    const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2
    const at = document.elementFromPoint(x, y)
    if (at === null) return "nothing"
    // A message goes by itself.
    if (at.closest(".toasts")) return null
    return one.contains(at) || at.contains(one) || at.closest("label")?.contains(one) ? null : named(at)
  }

  const hidden = () => {
    const found = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} wide`)
    const top = document.querySelector("dialog[open]") ?? document
    for (const one of top.querySelectorAll(`${ACTIONS}, h1, h2, h3, dd, p, th, td`)) {
      if (!one.checkVisibility({ visibilityProperty: true })) continue
      if (one.closest(".unseen, .skip, [aria-hidden=true]") || one.matches("[type=radio], [type=file]"))
        continue
      one.scrollIntoView({ block: "center", inline: "nearest" })
      const rect = one.getBoundingClientRect()
      if (rect.width === 0 || rect.height === 0) continue
      if ((rect.left < -1 || rect.right > innerWidth + 1) && !isScrolledAside(one))
        found.push(`${named(one)} is from ${Math.round(rect.left)} to ${Math.round(rect.right)}`)
      if (!one.matches(ACTIONS) || one.matches(":disabled")) continue
      const by = isCovered(one, rect)
      if (by !== null) found.push(`${named(one)} is covered by ${by}`)
    }
    return found
  }

  const isRinged = (one) => {
    if (!one) return false
    const { outlineStyle, outlineWidth } = getComputedStyle(one)
    return outlineStyle !== "none" && parseFloat(outlineWidth) > 0
  }

  /** The ring is around it, around what it is written in, or around what is drawn in its place. */
  const focus = () => {
    const one = document.activeElement
    if (!one || one === document.body) return { name: "", isSeen: true, isInDialog: false }
    const { top, bottom, left, right } = one.getBoundingClientRect()
    const isInView = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth
    const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent ?? ""
    return {
      name: `${one.tagName.toLowerCase()} ${name.trim().slice(0, 60)}`,
      isInDialog: one.closest("dialog") !== null,
      isSeen: isInView && [one, one.closest(".composer"), one.nextElementSibling].some(isRinged)
    }
  }
  return { hidden, focus }
})()
