/** Owns whether a question to the screen is answered with yes, now and when that changes. */
import { useEffect, useState } from "preact/hooks"

export const useMedia = (query: string): boolean => {
  const [isSo, setSo] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const media = matchMedia(query)
    const changed = () => setSo(media.matches)
    changed()
    media.addEventListener("change", changed)
    return () => media.removeEventListener("change", changed)
  }, [query])
  return isSo
}
