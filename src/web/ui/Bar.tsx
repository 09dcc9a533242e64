/** Owns a bar that shows how much of a limit is used, with what is only reserved beside it, and the numbers in words. */

export interface BarProps {
  readonly label: string
  /** What the numbers are, in words. */
  readonly text: string
  readonly used: number
  readonly reserved?: number
  /** Null where there is none: then there is nothing to be a part of. */
  readonly limit: number | null
}

const part = (value: number, limit: number): number => (limit === 0 ? 1 : Math.min(1, value / limit))

export const Bar = ({ label, text, used, reserved = 0, limit }: BarProps) => {
  const end = limit === null ? 0 : part(used, limit)
  const more = limit === null ? 0 : part(used + reserved, limit) - end
  return (
    <div class={`bar ${end + more >= 0.9 ? "near" : ""}`}>
      <span class="bar-label">{label}</span>
      <span class="bar-text">{text}</span>
      {limit !== null && (
        <svg
          role="meter"
          aria-label={label}
          aria-valuenow={used + reserved}
          aria-valuemin={0}
          aria-valuemax={limit}
          aria-valuetext={text}
          height="8"
          width="100%"
        >
          <rect class="bar-all" width="100%" height="8" rx="2" />
          <rect class="bar-used" width={`${end * 100}%`} height="8" rx="2" />
          {more > 0 && <rect class="bar-reserved" x={`${end * 100}%`} width={`${more * 100}%`} height="8" />}
        </svg>
      )}
    </div>
  )
}
