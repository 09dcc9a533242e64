/** Owns `io3 resume` and `io3 replay`: what is gone on with, what is done again, and from where. */
import { Console, Effect, Option } from "effect"
import { type Abroad, abroad, ForeignReplays } from "../../core/replay/ForeignReplays.ts"
import type { Options } from "../../core/replay/Again.ts"
import { type Foreign, Recordings } from "../../core/replay/Recordings.ts"
import { Replays } from "../../core/replay/Replays.ts"
import type { Against } from "../../core/ledger/RecordCheck.ts"
import { RunbookCheck } from "../../core/runbook/RunbookCheck.ts"
import { Content } from "../../domain/Content.ts"
import { Principal } from "../../domain/Ids.ts"
import { bytesOf, publicKeyOf } from "../GivenFile.ts"
import { read, type Sources } from "../Input.ts"
import { root } from "../root.ts"
import { sayUntrusted } from "../Untrusted.ts"
import { misused } from "../Usage.ts"
import { signedBy } from "../verify.ts"
import { tellAgain } from "./AgainTold.ts"
import { tellRecorded } from "./RecordedTold.ts"
import { refused } from "./Refused.ts"
import type { Doing } from "../../api/results/ReplayResults.ts"

interface Manner {
  readonly id: string
  readonly audit: boolean
  readonly raw: boolean
  readonly noStream: boolean
  readonly noHealthCheck: boolean
  readonly noConstellationCheck: boolean
  readonly from: Option.Option<string>
}

interface ResumeFlags extends Manner {
  readonly acceptConfig: boolean
}

interface ReplayFlags extends Manner, Sources {
  readonly recorded: boolean
  readonly publicKey: Option.Option<string>
  readonly runbook: Option.Option<string>
  readonly payload: Option.Option<string>
}

const NOT_HERE =
  "An export is no stream to go on in: io3 replay ID --from FILE begins it anew here, and names its origin"

export const resume = Effect.fn(function* (flags: ResumeFlags) {
  if (Option.isSome(flags.from)) return yield* misused(NOT_HERE)
  yield* here("resume", flags, flags.acceptConfig)
})

export const replay = Effect.fn(function* (flags: ReplayFlags) {
  const { id, recorded, from, publicKey, runbook, payload } = flags
  const given = [flags.prompt, flags.file, flags.fileContext, payload, runbook].some(Option.isSome)
  if (recorded && given) return yield* misused("--recorded asks no model: it takes no text")
  if (Option.isNone(from)) {
    if (given)
      return yield* misused(
        "--prompt, --file, --file-context, --payload and --runbook go with --from: what is recorded here has its texts here"
      )
    if (Option.isSome(publicKey)) return yield* misused("--public-key goes with --from")
    return yield* recorded ? recordedHere(id) : here("replay", flags, true)
  }
  yield* elsewhere(flags, from.value)
})

const optionsOf = Effect.fnUntraced(function* (flags: Manner, acceptConfig: boolean) {
  if (!flags.raw) yield* sayUntrusted
  if (flags.noConstellationCheck) {
    yield* Console.error("WARN: constellation integrity check bypassed via --no-constellation-check")
  }
  const checks = { constellation: !flags.noConstellationCheck, health: !flags.noHealthCheck }
  const by = { principal: Principal.make("local"), surface: "cli", checks, audit: flags.audit } as const
  return { by, acceptConfig } satisfies Options
})

const here = Effect.fnUntraced(function* (doing: Doing, flags: Manner, acceptConfig: boolean) {
  const { output } = yield* root
  const replays = yield* Replays
  const options = yield* optionsOf(flags, acceptConfig)
  const { id } = flags
  const about = { doing, id, isForeign: false }
  const target = yield* Effect.catchTag(
    replays.target(id, doing),
    "RuntimeFailure",
    refused(output, { ...about, target: null })
  )
  const go = (followers: Pick<Options, "watcher" | "runbook">) =>
    replays[doing](target.run, { ...options, ...followers })
  yield* tellAgain(doing, target._tag, go, { ...flags, output }).pipe(
    Effect.catchTag("RuntimeFailure", refused(output, { ...about, target }))
  )
})

const recordedHere = Effect.fnUntraced(function* (id: string) {
  const { output } = yield* root
  yield* (yield* Recordings).here(id).pipe(
    Effect.flatMap((recorded) => tellRecorded(output, recorded)),
    Effect.catchTag(
      "RuntimeFailure",
      refused(output, { doing: "replay", id, target: null, isForeign: false })
    )
  )
})

const elsewhere = Effect.fnUntraced(function* (flags: ReplayFlags, from: string) {
  const { output } = yield* root
  const { id, recorded } = flags
  const about = { doing: "replay", id, isForeign: true } as const
  const unknown = refused(output, { ...about, target: null })
  const against: Against = {
    checkpoint: null,
    publicKey: Option.isSome(flags.publicKey) ? yield* publicKeyOf(flags.publicKey.value) : null
  }
  const recordings = yield* Recordings
  const foreign = yield* Effect.catchTag(
    recordings.read(yield* bytesOf(from), id, against),
    "RuntimeFailure",
    unknown
  )
  if (!flags.raw) yield* saySigned(foreign)
  if (recorded) {
    return yield* Effect.catchTag(tellRecorded(output, recordings.of(foreign)), "RuntimeFailure", unknown)
  }
  const origin = yield* Effect.catchTag(abroad(foreign), "RuntimeFailure", unknown)
  const options = yield* optionsOf(flags, true)
  const again = yield* withTexts(flags, origin)
  yield* tellAgain("replay", origin._tag, (followers) => again({ ...options, ...followers }), {
    ...flags,
    output
  }).pipe(Effect.catchTag("RuntimeFailure", refused(output, { ...about, target: origin })))
})

const saySigned = ({ key, vouched }: Foreign) =>
  key === null ? Effect.void : Console.error(`The export holds, ${signedBy(key, vouched)}.`)

/** What was given for the texts that an export does not have. */
const withTexts = Effect.fnUntraced(function* (flags: ReplayFlags, origin: Abroad) {
  const replays = yield* ForeignReplays
  if (origin._tag === "Runbook") {
    if ([flags.prompt, flags.file, flags.fileContext, flags.payload].some(Option.isSome))
      return yield* misused("The texts of a runbook are those of its file: --runbook FILE")
    const { mode, persona } = origin.execution
    const given = Option.isSome(flags.runbook)
      ? yield* (yield* RunbookCheck).check(flags.runbook.value, { sessionMode: mode, personaMode: persona })
      : null
    return (options: Options) => replays.runbook(origin, given, options)
  }
  if (Option.isSome(flags.runbook)) return yield* misused("That is the id of a run: give --prompt or --file")
  const isAsked = [flags.prompt, flags.file].some(Option.isSome)
  const { prompt, file } = isAsked ? yield* read(flags) : { prompt: null, file: null }
  const payload = Option.getOrNull(Option.map(flags.payload, Content.of))
  return (options: Options) => replays.run(origin, { prompt, file, payload }, options)
})
