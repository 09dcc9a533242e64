/**
 * Owns how many things one below the other are scrolled: those near what is seen are there, what is looked at stays where it is
 * whatever happens around it, and whoever is at the end stays there.
 */
import type { ComponentChildren } from "preact"
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { Icon } from "../ui/Icon.tsx"
import { Button } from "../ui/Parts.tsx"
import { windowOf } from "./window.ts"

export interface Item {
  readonly key: string
  readonly node: ComponentChildren
}

interface Props {
  readonly items: ReadonlyArray<Item>
  readonly label: string
  readonly isBusy: boolean
  /** Changes when it should be at its end again. */
  readonly to: unknown
  /** Somebody is near the beginning of what there is. */
  readonly atBeginning: () => void
  readonly children?: ComponentChildren
}

/** What nobody has measured yet is thought to be so high. */
const GUESS = 240
/** Stands for what is not read yet: nobody's place is there. */
export const BEFORE = "before"
const MARGIN = 900
/** So near the end is at the end. */
const NEAR = 48

export const Scroller = ({ items, label, isBusy, to, atBeginning, children }: Props) => {
  const box = useRef<HTMLDivElement>(null)
  const heights = useRef(new Map<string, number>())
  const anchor = useRef<{ readonly key: string; readonly top: number } | null>(null)
  const isAtEnd = useRef(true)
  const [view, setView] = useState({ top: 0, height: 0 })
  const [isAway, setAway] = useState(false)
  const [, measured] = useState(0)

  const sizes = items.map(({ key }) => heights.current.get(key) ?? GUESS)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const top = isAtEnd.current ? Math.max(0, total - view.height) : view.top
  const { first, last, above, below } = windowOf(sizes, top, view.height, MARGIN)

  const placesIn = () => [...(box.current?.querySelectorAll<HTMLElement>(":scope > [data-key]") ?? [])]

  /** What is looked at: the first thing whose end is in sight. */
  const remember = () => {
    const within = box.current
    if (!within) return
    const seen = placesIn().find(
      (child) => child.dataset["key"] !== BEFORE && child.offsetTop + child.offsetHeight > within.scrollTop
    )
    anchor.current = seen ? { key: seen.dataset["key"]!, top: seen.offsetTop - within.scrollTop } : null
  }

  const settle = () => {
    const within = box.current
    if (!within) return
    if (isAtEnd.current) {
      within.scrollTop = within.scrollHeight
    } else if (anchor.current) {
      const { key, top } = anchor.current
      const child = placesIn().find((one) => one.dataset["key"] === key)
      const by = child ? child.offsetTop - within.scrollTop - top : 0
      if (Math.abs(by) >= 1) within.scrollTop += by
    }
  }

  useLayoutEffect(settle)

  useEffect(() => {
    const within = box.current
    if (within && within.scrollTop < within.clientHeight) atBeginning()
  }, [items[1]?.key])

  useLayoutEffect(() => {
    isAtEnd.current = true
    setAway(false)
    settle()
    const within = box.current
    if (within) setView({ top: within.scrollTop, height: within.clientHeight })
  }, [to])

  // What was measured and is no longer there would only be kept for nothing.
  const observer = useRef<ResizeObserver | null>(null)
  useEffect(() => {
    const within = box.current!
    const sizes = new ResizeObserver((entries) => {
      let isChanged = false
      for (const { target } of entries) {
        if (target === within) {
          setView((before) => ({ ...before, height: within.clientHeight }))
          isChanged = true
          continue
        }
        const { key } = (target as HTMLElement).dataset
        const height = (target as HTMLElement).offsetHeight
        if (key === undefined || height === 0 || heights.current.get(key) === height) continue
        heights.current.set(key, height)
        isChanged = true
      }
      if (!isChanged) return
      settle()
      measured((count) => count + 1)
    })
    observer.current = sizes
    sizes.observe(within)
    return () => sizes.disconnect()
  }, [])

  useEffect(() => {
    const children = placesIn()
    for (const child of children) observer.current?.observe(child)
    return () => {
      for (const child of children) observer.current?.unobserve(child)
    }
  }, [first, last, items.length, items[first]?.key, items[last - 1]?.key])

  const frame = useRef(0)
  const scrolled = () => {
    if (frame.current !== 0) return
    frame.current = requestAnimationFrame(() => {
      frame.current = 0
      const within = box.current
      if (!within) return
      isAtEnd.current = within.scrollHeight - within.scrollTop - within.clientHeight < NEAR
      remember()
      setAway(!isAtEnd.current)
      setView({ top: within.scrollTop, height: within.clientHeight })
      if (within.scrollTop < within.clientHeight) atBeginning()
    })
  }

  const jump = () => {
    isAtEnd.current = true
    setAway(false)
    setView((before) => ({ ...before }))
    box.current?.focus({ preventScroll: true })
  }

  return (
    <div class="scrolling">
      <div
        ref={box}
        class="log"
        role="log"
        aria-label={label}
        aria-live="off"
        aria-busy={isBusy}
        tabIndex={0}
        onScroll={scrolled}
      >
        <div style={{ height: `${above}px` }} aria-hidden="true" />
        {items.slice(first, last).map(({ key, node }) => (
          <div key={key} data-key={key} class="stretch">
            {node}
          </div>
        ))}
        <div style={{ height: `${below}px` }} aria-hidden="true" />
        {children}
      </div>
      {isAway && (
        <Button class="jump" onClick={jump}>
          <Icon name="down" size={16} />
          {strings.chat.latest}
        </Button>
      )}
    </div>
  )
}
