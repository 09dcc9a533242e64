/** Owns `io3 receipt`: what left a run, whether a text is that, and handing out what others need to see it too. */
import { Console, Effect, Option, Stream } from "effect"
import { DisclosedMatch, Match, Receipts } from "../core/ledger/Receipts.ts"
import { Release } from "../domain/ledger/Records.ts"
import { write as written } from "../domain/ledger/Disclosure.ts"
import { Checkpoint } from "../domain/ledger/Head.ts"
import { contentOf, create, disclosureOf, publicKeyOf } from "./GivenFile.ts"
import { time } from "./Events.ts"
import { print, write } from "./Output.ts"
import { root } from "./root.ts"
import { misused } from "./Usage.ts"
import { signedBy } from "./verify.ts"

export const show = Effect.fn(function* ({ run }: { readonly run: string }) {
  const { output } = yield* root
  const release = yield* (yield* Receipts).find(run)
  yield* print(output, Release, release, describe)
})

interface VerifyFlags {
  readonly run: Option.Option<string>
  readonly text: Option.Option<string>
  readonly disclosure: Option.Option<string>
  readonly publicKey: Option.Option<string>
}

export const verify = Effect.fn(function* ({ run, text, disclosure, publicKey }: VerifyFlags) {
  const { output } = yield* root
  const receipts = yield* Receipts
  if (Option.isSome(disclosure)) {
    if (Option.isSome(run) || Option.isNone(text)) {
      return yield* misused("A disclosure names its run and needs the text: --disclosure FILE --text FILE")
    }
    const matched = yield* receipts.check(
      yield* disclosureOf(disclosure.value),
      yield* contentOf(text.value),
      Option.isSome(publicKey) ? yield* publicKeyOf(publicKey.value) : null
    )
    return yield* print(output, DisclosedMatch, matched, (match) =>
      [matches(match), signedBy(match.key, match.vouched)].join("\n")
    )
  }
  if (Option.isNone(run)) return yield* misused("Missing argument <run>")
  if (Option.isSome(publicKey)) return yield* misused("--public-key goes with --disclosure")
  const given = Option.isSome(text) ? yield* contentOf(text.value) : null
  yield* print(output, Match, yield* receipts.verify(run.value, given), matches)
})

export const disclose = Effect.fn(function* ({
  run,
  file,
  capabilityOutput
}: {
  readonly run: string
  readonly file: Option.Option<string>
  readonly capabilityOutput: boolean
}) {
  const { output } = yield* root
  const disclosure = yield* (yield* Receipts).disclose(run, capabilityOutput ? "output" : "answer")
  yield* Console.error(
    "This hands out the key of one text's digest: whoever has the file can check that text, and try guesses at it. It opens no other text and shows none."
  )
  const line = `${written(disclosure)}\n`
  if (Option.isNone(file)) return yield* write(line)
  yield* create(file.value, Stream.succeed(line))
  const { checkpoint } = disclosure
  yield* print(
    output,
    Checkpoint,
    checkpoint,
    ({ position, key }) => `under the head at position ${position}, signed with ${key}`
  )
})

const describe = ({ run, at, receipt, erased }: Release): string => {
  const { digest, chars, complete, mode, provider, model, audit, usage, certificate, configDigest, basis } =
    receipt
  const { provenance, capability } = receipt
  const by = provenance === "capability" ? "a capability, and no model" : `${mode} → ${provider} ${model}`
  return [
    `run       ${run}`,
    `released  ${time(at)}  ${chars} characters${complete ? "" : ", the beginning of an answer that was cut off"}`,
    `digest    ${digest}${erased ? "  (erased: nothing can be held against it any more)" : ""}`,
    `answer    ${by}, audit ${audit}`,
    ...(capability === undefined
      ? []
      : [`output    ${capability.chars} characters of ${capability.id}, digest ${capability.digest}`]),
    ...(basis === undefined
      ? []
      : [`edited    a steward's text in place of the answer with the digest ${basis}`]),
    `cost      ${usage.calls} of ${certificate.calls} calls, ${usage.inputTokens ?? "?"} in / ${usage.outputTokens ?? "?"} out tokens`,
    `config    ${configDigest}`
  ].join("\n")
}

const matches = ({ release: { run, receipt }, text, part: which, chars, lineBreak }: Match): string => {
  const what = text === "given" ? "These bytes" : "What is sealed is as digested: its bytes"
  const whose = which === "output" ? ", as what its capability has made" : ""
  const part = receipt.complete ? "" : ", as the beginning of an answer that was cut off"
  const rest = lineBreak ? "\nThe line break at the very end was not among them; all before it was." : ""
  return `ok: ${what} left run ${run} (${chars} characters)${whose}${part}.${rest}`
}
