/** Owns where each stream of a check stands; of a run that has ended only that is kept. */
import { noTokens, type Tokens } from "../access/Token.ts"
import type { WorstCase } from "../run/Bounds.ts"
import type { Regime } from "../run/Governance.ts"
import type { StreamId, Timestamp } from "../Ids.ts"
import { type Memory, unwritten } from "../memory/Memory.ts"
import { initial, type RunState } from "../run/Run.ts"
import type { Execution } from "../runbook/Execution.ts"
import type { Session } from "../session/Session.ts"
import type { Held } from "./Decision.ts"
import { type Hash, type Head, type Place, type Row, start } from "./Ledger.ts"

/** Where a run stands, and under what. */
export interface Run {
  readonly regime: Regime
  readonly state: RunState
  readonly worst: WorstCase | null
  /** When it reserved its worst case; null before. */
  readonly reservedAt: Timestamp | null
  readonly held: Held | null
}

/** Where a stream stands, as what it is of. Written anew with each row, of which there are very many. */
export interface Stream extends Mutable<Place> {
  run: Run | null
  session: Session | null
  runbook: Execution | null
  memory: Memory
  tokens: Tokens
}
type Mutable<A> = { -readonly [K in keyof A]: A[K] }

/** What a row makes of its stream. */
export interface Stood {
  readonly run: Run | null
  readonly session: Session | null
  readonly runbook: Execution | null
  readonly memory: Memory
  readonly tokens: Tokens
}

/** The streams of a check, by their names. */
export class Streams {
  readonly #all = new Map<StreamId, Stream>()
  readonly #hash: Hash
  /** Rows of one stream come together. */
  #last: { readonly name: StreamId; readonly stream: Stream } | null = null

  constructor(hash: Hash) {
    this.#hash = hash
  }

  of(name: StreamId): Stream {
    if (this.#last?.name === name) return this.#last.stream
    const stream = this.#all.get(name) ?? {
      ...start(this.#hash, name),
      run: null,
      session: null,
      runbook: null,
      memory: unwritten,
      tokens: noTokens
    }
    this.#all.set(name, stream)
    this.#last = { name, stream }
    return stream
  }

  heads(): ReadonlyMap<StreamId, Head> {
    return new Map([...this.#all].map(([name, { seq, hash }]) => [name, { seq, hash }]))
  }
}

export const move = (
  stream: Stream,
  { seq, hash, at }: Row,
  { run, session, runbook, memory, tokens }: Stood
): void => {
  stream.seq = seq
  stream.hash = hash
  stream.at = at
  stream.run = run && keep(run)
  stream.session = session
  stream.runbook = runbook
  stream.memory = memory
  stream.tokens = tokens
}

/** Of a run that has ended only that is kept: it can be erased, and no more. */
const keep = (run: Run): Run =>
  run.state.ending && !run.state.erased
    ? { regime: run.regime, state: over, worst: null, reservedAt: null, held: null }
    : run
const over: RunState = { ...initial, ending: { _tag: "RunCancelled", phase: "setup", receipt: null } }
