/** Owns how a rehearsed run reads in a terminal. */
import type { Rehearsed } from "../core/run/Rehearsal.ts"
import type { Recalled } from "../domain/memory/Recall.ts"
import type { Calibration } from "../domain/run/Calibration.ts"
import { drafterOf } from "../domain/run/Governance.ts"
import { isSameModel } from "../domain/run/Route.ts"
import { atMost, columns, counted } from "./Facts.ts"

export const describe = (run: Rehearsed): string =>
  [
    ...columns([
      ["route", toDraft(run)],
      ["", run.route.alternate ? `then ${run.route.alternate.target}, if the first cannot be reached` : null],
      ["audit", audit(run)],
      [
        "context",
        `${counted(run.chars, "character")}, about ${counted(run.estimatedTokens, "token")} ${learned(run.calibration)}`
      ],
      ...run.segments.map(
        ({ name, chars, estimatedTokens, dropped }) =>
          [
            "",
            `${name.padEnd(10)} ${String(chars).padStart(7)}  ~${counted(estimatedTokens, "token")}${dropped > 0 ? ` · ${counted(dropped, "character")} left out` : ""}`
          ] as const
      ),
      ...(run.memory ?? []).map((record, at) => [at === 0 ? "memory" : "", remembered(record)] as const),
      ["at most", atMost(run.certificate)],
      ["budget", budget(run)]
    ]),
    run.affordable
      ? "Nothing was called or recorded."
      : "Nothing was called or recorded. A run would be refused: its worst case does not fit what is left."
  ].join("\n")

/** What would become of a record, without its value. */
const remembered = ({ scope, key, version, sensitivity, chars, outcome }: Recalled): string =>
  outcome === "missing"
    ? `${scope}/${key}  not there`
    : `${scope}/${key}  version ${version} · ${sensitivity} · ${counted(chars, "character")} · ${words[outcome]}`

const words = {
  released: "read",
  denied: "denied by the policy",
  dropped: "left out: it does not fit"
} as const

const toDraft = ({ route }: Rehearsed): string =>
  [
    `${route.mode} → ${route.selected?.target ?? "the stand-in: no target of this mode is usable"}`,
    ...(route.fallbackUsed && route.selected ? [`not ${route.primary}: ${route.fallbackReason}`] : [])
  ].join(" · ")

const audit = ({ audit, auditor, route }: Rehearsed): string => {
  if (!audit) return "off"
  if (!auditor) return "by nobody: no auditor is configured, and there would be no verdict"
  return `by ${auditor.target}${isSameModel(auditor.model, drafterOf(route, 1).model) ? ", the model that drafts" : ""}`
}

/** E.g. `(4.21 bytes each, by the last 12 calls)`. */
export const learned = ({ bytesPerToken, calls }: Calibration): string =>
  calls === 0
    ? `(guessed at ${bytesPerToken} bytes each: this model has not counted yet)`
    : `(${bytesPerToken.toFixed(2)} bytes each, by ${calls === 1 ? "one call" : `the last ${calls} calls`})`

const budget = ({ account: { limits, left, window } }: Rehearsed): string => {
  const parts = (["calls", "tokens"] as const).flatMap((what) =>
    limits[what] === null ? [] : [`${left[what]} of ${limits[what]} ${what} left`]
  )
  return parts.length === 0 ? "not limited" : `${parts.join(", ")} in ${window.hours} h`
}
