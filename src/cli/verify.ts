/** Owns `io3 ledger verify`: what is asked to be proven, against what, and how the outcome reads. */
import { Effect, Option } from "effect"
import type { Finding } from "../domain/ledger/Evidence.ts"
import { failure } from "../domain/Failure.ts"
import type { Against, Broken } from "../core/ledger/RecordCheck.ts"
import { RunVerification, Verification, Verifier } from "../core/ledger/Verifier.ts"
import { counted } from "./Facts.ts"
import { bytesOf, checkpointOf, publicKeyOf } from "./GivenFile.ts"
import { FailureInResult, print } from "./Output.ts"
import { recorded } from "./Recorded.ts"
import { root } from "./root.ts"
import { misused } from "./Usage.ts"

interface VerifyFlags {
  readonly run: Option.Option<string>
  readonly texts: boolean
  readonly exported: Option.Option<string>
  readonly checkpoint: Option.Option<string>
  readonly publicKey: Option.Option<string>
}

export const verify = Effect.fn(function* ({ run, texts, exported, checkpoint, publicKey }: VerifyFlags) {
  const { output } = yield* root
  const verifier = yield* Verifier
  const isOfFile = Option.isSome(exported)
  if (Option.isSome(run)) {
    if (isOfFile || Option.isSome(checkpoint) || Option.isSome(publicKey)) {
      return yield* misused(
        "One run is verified in the journal, against itself: without --export, --checkpoint and --public-key"
      )
    }
    yield* recorded
    const result = yield* verifier.run(run.value, texts)
    yield* print(output, RunVerification, result, describeRun)
    return yield* conclude(output, result.broken)
  }
  if (isOfFile && texts) return yield* misused("An export has no texts: without --texts")
  if (!isOfFile && Option.isSome(publicKey) && Option.isNone(checkpoint)) {
    return yield* misused("Nothing here is signed: --public-key goes with --checkpoint or --export")
  }
  if (!isOfFile) yield* recorded
  const against: Against = {
    checkpoint: Option.isSome(checkpoint) ? yield* checkpointOf(checkpoint.value) : null,
    publicKey: Option.isSome(publicKey) ? yield* publicKeyOf(publicKey.value) : null
  }
  const result = isOfFile
    ? yield* verifier.exported(yield* bytesOf(exported.value), against)
    : yield* verifier.journal(texts, against)
  yield* print(output, Verification, result, describe)
  return yield* conclude(output, result.broken)
})

const conclude = (output: "text" | "json" | "ndjson", broken: Broken | null) => {
  if (broken === null) return Effect.void
  if (output !== "text") return Effect.fail(new FailureInResult())
  return Effect.fail(failure(broken.fault === "format" ? "LEDGER_EXPORT_INVALID" : "LEDGER_BROKEN", "setup"))
}

const describe = ({ broken, position, streams, root: head, checkpoint, key, vouched, texts }: Verification) =>
  broken
    ? place(broken)
    : [
        `ok: ${counted(position, "event")} in ${counted(streams, "stream")}, every link and every decision holds`,
        `head ${head}`,
        ...(checkpoint === null
          ? []
          : [
              `the checkpoint at ${checkpoint} is met, ${counted(position - checkpoint, "event")} came after it`
            ]),
        ...(key === null ? [] : [signedBy(key, vouched)]),
        ...sealed(texts)
      ].join("\n")

const describeRun = ({ broken, decisions, texts }: RunVerification) =>
  [
    ...decisions.map(findingLine),
    ...(broken
      ? [place(broken)]
      : [`ok: ${counted(decisions.length, "decision")} made again, each as recorded`]),
    ...(broken ? [] : sealed(texts))
  ].join("\n")

const findingLine = ({ seq, decision, holds }: typeof Finding.Type): string =>
  `${String(seq).padStart(4)}  ${decision.padEnd(11)}  ${holds ? "holds" : "does not hold"}`

/** E.g. `run/0190… at 3 (position 11): altered`. */
export const place = ({ position, stream, seq, fault }: Broken): string => {
  const where = stream ? `${stream} at ${seq} (position ${position})` : `position ${position}`
  return `${where}: ${fault.replaceAll("_", " ")}`
}

const sealed = (texts: Verification["texts"]): ReadonlyArray<string> =>
  texts
    ? [
        `${counted(texts.checked, "sealed text")} as digested${
          texts.erased > 0 ? `; of ${counted(texts.erased, "run")} the texts were erased` : ""
        }${texts.erasedSessions > 0 ? `; of ${counted(texts.erasedSessions, "session")} the titles were erased` : ""}`
      ]
    : []

export const signedBy = (key: string, vouched: boolean): string =>
  vouched
    ? `signed with the given key`
    : `signed with ${key}: nobody vouches for that key unless you know it from elsewhere (--public-key)`
