/** Owns the integrity check: it has the real core make the runs of the check in a throwaway store, and looks at what is left. */
import { Context, Effect, Exit, Layer, Option, Ref, Result, Stream } from "effect"
import { type Scene, scenes, type WordName, wordNames } from "../../domain/integrity/Canary.ts"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { contains, namesIn } from "../../domain/integrity/Forms.ts"
import { configStream, MEMORY_PREFIX, Mode, type RunId, runStream } from "../../domain/Ids.ts"
import { type Evidence, type InvariantResult, judge, type Played } from "../../domain/integrity/Invariant.ts"
import { canonical, decode, type Row } from "../../domain/ledger/Ledger.ts"
import { switchesOf } from "../../domain/config/Policy.ts"
import { resolve } from "../../domain/run/Route.ts"
import { textId } from "../../domain/run/Run.ts"
import { replay } from "../../domain/run/Evolution.ts"
import { Installation, type Installed } from "../../ports/Installation.ts"
import { Journal } from "../../ports/Journal.ts"
import { Providers } from "../../ports/Provider.ts"
import { Sandbox } from "../../ports/Sandbox.ts"
import { Vault } from "../../ports/Vault.ts"
import { admittance } from "./Admittance.ts"
import { Canary } from "./Canary.ts"
import { hearing } from "./Hearing.ts"
import { Erasure } from "../ledger/Erasure.ts"
import { Exports } from "../ledger/Exports.ts"
import { policyInForce } from "../run/PolicyInForce.ts"
import { Projections } from "../ledger/Projections.ts"
import type { ReleasedChunk } from "../run/Release.ts"
import { type RunRequest, unwatched } from "../run/Request.ts"
import { Runs } from "../run/Runs.ts"
import { principal, Scenery } from "./Scenery.ts"
import { eventsIn, sightOf, watched } from "./Sight.ts"
import { Sessions } from "../session/Sessions.ts"
import { Steward } from "../session/Steward.ts"
import { Verifier } from "../ledger/Verifier.ts"

export class Invariants extends Context.Service<
  Invariants,
  {
    /** Makes the runs and judges them. Fails only where the configuration in force cannot be read. */
    readonly check: Effect.Effect<ReadonlyArray<InvariantResult>, RuntimeFailure>
  }
>()("io-iii/core/integrity/Invariants") {
  static readonly layer = Layer.effect(
    Invariants,
    Effect.gen(function* () {
      const admitted = yield* admittance
      const canary = yield* Canary
      const erasure = yield* Erasure
      const exports = yield* Exports
      const heard = yield* hearing
      const installation = yield* Installation
      const journal = yield* Journal
      const projections = yield* Projections
      const providers = yield* Providers
      const runs = yield* Runs
      const sandbox = yield* Sandbox
      const scenery = yield* Scenery
      const sessions = yield* Sessions
      const steward = yield* Steward
      const vault = yield* Vault
      const verifier = yield* Verifier
      const { keysOf, looked } = sightOf(journal, vault, canary.words)
      const words = wordNames.map((name) => [name, canary.words[name]] as const)

      const scan = journal.scan(0, Number.MAX_SAFE_INTEGER)
      const play = Effect.fnUntraced(function* (scene: Scene) {
        yield* Ref.set(canary.scene, scene)
        const request = scenery.requestOf(scene)
        const gate = yield* Ref.make(false)
        const { early, watcher } = watched()
        const done =
          scene.steward !== null
            ? decided(request, scene.steward, gate)
            : scene.invokes === "alone"
              ? runs.invoke(scenery.invocation, request)
              : runs.run(request, watcher)
        const exit = yield* Effect.exit(done)
        const released = Exit.isSuccess(exit) ? exit.value.released : null
        const run = Exit.isSuccess(exit)
          ? exit.value.run
          : (Option.getOrUndefined(Exit.findErrorOption(exit))?.run ?? null)
        return { run, played: yield* looked(scene, { run, released }, early, yield* Ref.get(gate)) }
      })

      /** The runbook of the check; without one, none of its steps was played. */
      const playSteps = Effect.fnUntraced(function* (steps: ReadonlyArray<Scene>) {
        const { early, watcher } = watched()
        const done = Option.getOrNull(yield* Effect.option(scenery.runbook(steps, watcher)))
        const all = steps.flatMap((scene, index) => {
          const came = done?.came[index]
          return came ? [looked(scene, came, early, false)] : []
        })
        return { certified: done?.certified ?? null, played: yield* Effect.all(all) }
      })

      /** A turn that is held, and decided twice: the second comes too late. */
      const decided = Effect.fnUntraced(function* (
        request: RunRequest,
        action: "approve" | "reject",
        gate: Ref.Ref<boolean>
      ) {
        const { principal, surface, mode } = request
        const { session } = yield* sessions.start({
          mode: "steward",
          persona: mode,
          audit: false,
          title: null,
          packs: null,
          principal,
          surface
        })
        const left: Array<ReleasedChunk> = []
        const { run, rest, leftOut } = yield* sessions.turn(session, request, {
          ...unwatched,
          outlet: (chunk) => Effect.sync(() => left.push(chunk))
        })
        const [pending] = yield* steward.pending
        if (pending?.run !== run) return yield* failure("STEWARD_NOT_PENDING", "gate")
        const { digest, sequence } = pending
        const wish = {
          turn: run,
          digest,
          sequence,
          principal,
          by: "service",
          reason: "other",
          action
        } as const
        const { released } = yield* steward.decide(wish)
        const second = yield* Effect.exit(steward.decide({ ...wish, action: "approve" }))
        const isLate = Option.exists(Exit.findErrorOption(second), ({ code }) => code === "STEWARD_DECIDED")
        yield* Ref.set(gate, rest._tag === "Held" && left.length === 0 && isLate)
        return released ? { run, released, leftOut } : yield* inRun(run)(failure("STEWARD_REJECTED", "gate"))
      })

      /** The configuration each run names is on record, and is what its digest says. */
      const isConfigured = (rows: ReadonlyArray<Row>, played: ReadonlyArray<Played>) => {
        const recorded = rows.flatMap(({ stream, payload }) => {
          const event = stream === configStream ? Option.getOrUndefined(decode(payload)) : undefined
          return event?._tag === "ConfigLoaded" ? [event] : []
        })
        return played.every(({ events }) => {
          const [accepted] = events
          const named = accepted?._tag === "RunAccepted" ? accepted.configDigest : null
          return recorded.some(
            ({ configDigest, policy, digests }) =>
              configDigest === named && vault.fingerprint(canonical({ policy, digests })) === named
          )
        })
      }

      const lines = (text: string) => new TextEncoder().encode(text)

      /** Every word that stands in what was written, or in what can be asked of it. */
      const leaked = Effect.gen(function* () {
        const files = yield* sandbox.files
        const rows = yield* scan
        const exported = yield* Stream.mkString(exports.lines(false))
        const records = yield* Stream.runCollect(projections.ended)
        const written = [
          ...files,
          lines(rows.map(({ payload }) => payload).join("\n")),
          lines(exported),
          lines(canonical(records))
        ]
        const found = new Set<WordName>(written.flatMap((bytes) => namesIn(bytes, words)))
        return { found, metadata: records.length }
      })

      /** Keys and sealed texts of a run that is erased are in no file any more, and nothing can be asked for. */
      const isErased = (run: RunId) =>
        Effect.gen(function* () {
          const id = textId(Result.getOrThrow(replay(eventsIn(yield* journal.read(runStream(run))))), "draft")
          const { wrapped } = yield* keysOf(run)
          const sealed = yield* journal.sealed(runStream(run), id)
          const { scrubbed } = yield* erasure.erase(run, principal)
          const key = yield* journal.key(runStream(run))
          const text = yield* journal.sealed(runStream(run), id)
          const files = yield* sandbox.files
          const secrets = [wrapped, ...Option.toArray(sealed).map(({ bytes }) => bytes)]
          return (
            scrubbed &&
            Option.isSome(sealed) &&
            Option.isNone(key) &&
            Option.isNone(text) &&
            !files.some((bytes) => secrets.some((secret) => contains(bytes, secret)))
          )
        }).pipe(Effect.orElseSucceed(() => false))

      const verifies = Effect.map(verifier.journal(true), ({ broken }) => broken === null).pipe(
        Effect.orElseSucceed(() => false)
      )

      /** A write that was decided before the run began comes too late. */
      const isGuarded = (run: RunId) =>
        journal
          .commit({
            appends: [
              {
                stream: runStream(run),
                expected: 1,
                events: [{ _tag: "RunErased", principal }],
                sealed: [],
                key: null
              }
            ]
          })
          .pipe(
            Effect.match({ onSuccess: () => false, onFailure: ({ code }) => code === "JOURNAL_CONFLICT" })
          )

      const check = Effect.gen(function* () {
        const installed = yield* Effect.scoped(
          Effect.map(installation.read, (read) => ({
            inForce: read.configuration.settings,
            routed: routedIn(read)
          }))
        )
        yield* Effect.ignore(scenery.remember)
        const written = memories(yield* scan)
        const [first, ...rest] = scenes.filter(({ step }) => !step)
        const plain = yield* play(first!)
        const early = yield* scan
        const all = [plain, ...(yield* Effect.forEach(rest, play))]
        const { certified, played: steps } = yield* playSteps(scenes.filter(({ step }) => step))
        const played = [...all.map((one) => one.played), ...steps]
        const admits = yield* admitted
        const told = yield* heard
        const { found, metadata } = yield* leaked
        const erased = plain.run ? yield* isErased(plain.run) : false
        const rows = yield* scan
        const evidence: Evidence = {
          ...installed,
          packaged: sandbox.packaged,
          cloud: new Set([...providers.supported].filter((name) => providers.get(name)?.local === false)),
          played,
          witnessed: yield* Ref.get(canary.witnessed),
          leaked: found,
          configured: isConfigured(rows, played),
          kept: early.every((row, index) => canonical(row) === canonical(rows[index])),
          metadata,
          erased,
          verifies: yield* verifies,
          remembered: memories(rows) !== written,
          certified,
          admits,
          told,
          guarded: all[1]?.run ? yield* isGuarded(all[1].run) : false
        }
        return judge(evidence)
      }).pipe(Effect.withSpan("Invariants.check"))

      return Invariants.of({ check })
    })
  )
}

/** How many rows memory records have. */
const memories = (rows: ReadonlyArray<Row>): number =>
  rows.filter(({ stream }) => stream.startsWith(MEMORY_PREFIX)).length

/** Modes that lead somewhere, and to the same place when asked again. */
const routedIn = ({ configuration: { settings }, providers, capabilities }: Installed): ReadonlySet<Mode> => {
  const policy = policyInForce(settings, providers, capabilities)
  const route = (mode: Mode) => Result.getOrNull(resolve(policy.routing, mode, switchesOf(policy)))
  return new Set(
    Object.keys(settings.routing.modes)
      .map((mode) => Mode.make(mode))
      .filter((mode) => route(mode) !== null && canonical(route(mode)) === canonical(route(mode)))
  )
}
