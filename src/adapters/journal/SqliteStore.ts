/** Owns the rows of a journal in SQLite. The file is made by the first write: reading where there is none finds nothing. */
import { Schema } from "effect"
import { closeSync, rmSync } from "node:fs"
import { resolve } from "node:path"
import { type Code, failure } from "../../domain/Failure.ts"
import { type Amount, nothing, type Spending } from "../../domain/run/Budget.ts"
import { type ContentId, type Principal, StreamId } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import type { Claimed, Committed, Ends, KeyOf, StreamFilter, StreamInfo } from "../../ports/Journal.ts"
import type { Sealed, WrappedKey } from "../../ports/Vault.ts"
import { sync } from "../FirstUse.ts"
import { createNew, exists, impatiently, migrations, number, open, transact } from "./Database.ts"
import { type Pass, pass } from "../WritePoint.ts"
import { claimedIn, claimOf, enter, keep } from "./Claims.ts"
import { codeOf, isConstraint } from "./Fault.ts"
import { isAlive, isFresh, type Owner } from "./Owner.ts"
import { erase, grow } from "./Growth.ts"
import { type Head, plan } from "./Plan.ts"
import { all, isOpen, one, type Opened, prepare, scanned } from "./Statements.ts"
import { changes, SqliteOutbox } from "./SqliteOutbox.ts"
import { askOutbox, endsOf, type Entry, type OutboxAnswer, type OutboxQuestion, type Store } from "./Store.ts"

export class SqliteStore implements Store {
  readonly #directory: string
  readonly #owner: Owner
  readonly #steps: ReadonlyArray<string>
  readonly #at: Pass
  #opened: Opened | null = null
  #registered = false
  #closed = false

  /** `steps` are the migrations to be at; `at` stands beside whatever changes the disk. */
  constructor(directory: string, owner: Owner, steps: ReadonlyArray<string> = migrations, at: Pass = pass) {
    this.#directory = directory
    this.#owner = owner
    this.#steps = steps
    this.#at = at
  }

  commit(batch: ReadonlyArray<Entry>): ReadonlyArray<Committed | Code> {
    try {
      return this.#transact(Math.max(...batch.map(({ at }) => at)), (opened) =>
        write(opened, this.#owner, batch, this.#at)
      )
    } catch (error) {
      // Somebody sealed a text twice. That commit fails; the others of the batch must not.
      if (!isConstraint(error)) throw error
      return batch.length === 1 ? ["JOURNAL_CONFLICT"] : batch.flatMap((entry) => this.#commitAlone(entry))
    }
  }

  /** What was written before one that throws stays written, and its owner learns so. */
  #commitAlone(entry: Entry): ReadonlyArray<Committed | Code> {
    try {
      return this.commit([entry])
    } catch (error) {
      return [codeOf(error)]
    }
  }

  head(): number {
    return lastPosition(this.#reader())
  }

  read(stream: StreamId, after: number, to: number): ReadonlyArray<Row> {
    return all<Row>(this.#reader()?.rows, stream, after, to)
  }

  scan(after: number, limit: number): ReadonlyArray<Row> {
    return scanned(this.#reader(), after, limit)
  }

  spending(fromSlice: number): ReadonlyArray<Spending> {
    return all<Spending>(this.#reader()?.spending, fromSlice)
  }

  outbox(question: OutboxQuestion, now: number): OutboxAnswer {
    const on = (opened: Opened | null) => askOutbox(new SqliteOutbox(opened, this.#owner, now), question)
    const opened = this.#reader()
    return opened && changes(question) ? this.#transact(now, on) : on(opened)
  }

  /** What is overwritten in the file may still stand in its log, until that is emptied; a reader of it prevents that. */
  scrub(): boolean {
    const opened = this.#reader()
    const owed = one<Last>(opened?.owed)?.position ?? null
    if (!opened || owed === null) return true
    const { db, truncate, settleScrub } = opened
    return impatiently(db, () => {
      const emptied = this.#at("checkpoint", () => one<{ readonly busy: 0 | 1 }>(truncate)?.busy === 0)
      if (emptied) transact(db, () => settleScrub.run(owed), this.#at)
      return emptied
    })
  }

  claimed(key: KeyOf, now: number): Claimed | null {
    return claimedIn(this.#reader(), key, now)
  }

  streams({ prefix, openOnly, before, limit }: StreamFilter, now: number): ReadonlyArray<StreamInfo> {
    const opened = this.#reader()
    const listing = openOnly ? opened?.listOpen : opened?.list
    const lives = new Map<string, boolean>()
    return all<Listed>(listing, before ?? Infinity, prefix, prefix, limit).map((listed) => {
      const alive = lives.get(listed.owner) ?? this.#isAlive(listed, now)
      lives.set(listed.owner, alive)
      return infoOf(listed, alive)
    })
  }

  info(stream: StreamId, now: number): StreamInfo | null {
    const listed = one<Listed>(this.#reader()?.info, stream)
    return listed ? infoOf(listed, this.#isAlive(listed, now)) : null
  }

  ends(stream: StreamId, now: number): Ends | null {
    return endsOf(this, this.info(stream, now))
  }

  /** Of itself a process need not ask the system. */
  #isAlive(listed: Listed, now: number): boolean {
    return listed.owner === this.#owner.id ? listed.host !== null : isListedAlive(listed, now)
  }

  sealed(stream: StreamId, id: ContentId): Sealed | null {
    return one<Sealed>(this.#reader()?.sealed, stream, id) ?? null
  }

  key(stream: StreamId): WrappedKey | null {
    return one<{ readonly key: WrappedKey | null }>(this.#reader()?.key, stream)?.key ?? null
  }

  adopt(stream: StreamId, now: number): boolean {
    return this.#transact(now, ({ adopt, retireIdle }) => {
      const info = this.info(stream, now)
      if (!info || info.alive) return false
      this.#at("adopt", () => {
        adopt.run(this.#owner.id, stream)
        retireIdle.run(info.owner, info.owner)
      })
      return true
    })
  }

  backup(to: string): void {
    // SQLite has names of its own for places that are no files; none of them is an absolute path.
    const path = resolve(to)
    closeSync(createNew(path))
    try {
      this.#writer().copy.run(path)
      sync(path)
    } catch (error) {
      rmSync(path)
      throw error
    }
  }

  beat(now: number): void {
    if (!this.#registered) return
    const opened = this.#writer()
    impatiently(opened.db, () => register(opened, this.#owner, now))
    this.scrub()
  }

  version(): number {
    const opened = this.#reader()
    return opened ? number(opened.db, "data_version") : 0
  }

  /** An owner that is not in the table is dead: whatever it left open can be adopted. */
  close(): void {
    this.#closed = true
    const opened = this.#opened
    if (!opened) return
    try {
      if (this.#registered) opened.retire.run(this.#owner.id)
    } finally {
      opened.db.close()
    }
  }

  /** Writes, with this process among the living owners: after a long silence too, when others have taken it for dead. */
  #transact<A>(now: number, work: (opened: Opened) => A): A {
    const opened = this.#writer()
    const result = transact(
      opened.db,
      () => {
        const heard = one<Pick<Listed, "beat">>(opened.heard, this.#owner.id)
        if (!heard || !isFresh(heard.beat, now)) {
          this.#at("register", () => register(opened, this.#owner, now))
        }
        return work(opened)
      },
      this.#at
    )
    if (!this.#registered) {
      this.#registered = true
      this.#finishScrub()
    }
    return result
  }

  /** A process that died after an erasure left its log to whoever writes next. What is written stays written without. */
  #finishScrub(): void {
    try {
      this.scrub()
    } catch {
      // The next beat tries again.
    }
  }

  #writer(): Opened {
    if (this.#closed) throw failure("JOURNAL_UNAVAILABLE", "setup")
    return (this.#opened ??= prepare(open(this.#directory, this.#steps, this.#at)))
  }

  #reader(): Opened | null {
    return this.#opened || exists(this.#directory) ? this.#writer() : null
  }
}

/** Enters an owner, or says that it lives still. */
const register = (opened: Opened, { id, host, pid, started }: Owner, now: number) =>
  opened.register.run(id, host, pid, started, now)

/** A stream beside its owner; the owner's fields are null when it is not registered any more. */
type Listed = Omit<StreamInfo, "open" | "alive"> & {
  readonly open: number
  readonly host: string | null
  readonly pid: number
  readonly started: string
  readonly beat: number
}

const isListedAlive = ({ host, pid, started, beat }: Listed, now: number): boolean =>
  host !== null && isAlive({ host, pid, started }, beat, now)

/** Throws `JOURNAL_CORRUPT` for a name no stream can have: no chain is there to vouch for it. */
const infoOf = ({ stream, seq, head, at, first, owner, open: kept }: Listed, alive: boolean): StreamInfo => {
  if (!isStreamId(stream)) throw failure("JOURNAL_CORRUPT", "setup")
  return { stream, seq, head, at, first, owner, open: isOpen(kept), alive }
}

const isStreamId = Schema.is(StreamId)

interface Last {
  readonly position: number | null
}

const lastPosition = (opened: Opened | null): number => one<Last>(opened?.last)?.position ?? 0

/** Each stream is looked up once per batch. */
const write = (
  opened: Opened,
  owner: Owner,
  batch: ReadonlyArray<Entry>,
  at: Pass
): ReadonlyArray<Committed | Code> => {
  const heads = new Map<StreamId, Head | undefined>()
  const headOf = (stream: StreamId): Head | undefined => {
    if (!heads.has(stream)) heads.set(stream, one<Head>(opened.head, stream))
    return heads.get(stream)
  }
  const spent = (principal: Principal, fromSlice: number) =>
    one<Amount>(opened.spent, principal, fromSlice) ?? nothing
  let last = lastPosition(opened)
  return batch.map((entry) => {
    const planned = plan(entry, owner.id, { last, headOf, spent, claimedBy: (key) => claimOf(opened, key) })
    if (typeof planned === "string") return planned
    for (const growth of planned.growths) {
      at("grow", () => grow(opened, growth))
      if (growth.append.erase) at("erase", () => erase(opened, growth))
      heads.set(growth.append.stream, growth.head)
    }
    for (const { principal, slice, amount } of planned.charges) {
      at("charge", () => opened.charge.run(principal, slice, amount.calls, amount.tokens))
    }
    const { claim } = planned
    const { answer } = entry
    if (claim) at("claim", () => enter(opened, claim))
    if (answer) at("answer", () => keep(opened, answer))
    last = planned.committed.position
    return planned.committed
  })
}
