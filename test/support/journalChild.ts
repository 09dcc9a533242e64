/**
 * Owns a process of its own that writes to a journal, for tests that share a file or kill: `node journalChild.ts TASK
 * DIRECTORY MODE [COUNT]`. Tells what was acknowledged, line by line, as soon as it knows.
 */
import { Effect, Exit } from "effect"
import * as Sqlite from "../../src/adapters/journal/Sqlite.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { append, cancelled, codeOf, commitOf, run, sealedOf, verified } from "./ledger.ts"
import * as Tell from "./tell.ts"

const [task, directory = "", mode, count] = process.argv.slice(2)

const tell = (line: object) => Effect.sync(() => Tell.tell(line))

/** Wins `count` sequences of one stream that others want too. */
const race = Effect.fnUntraced(function* (journal: Journal["Service"], wins: number) {
  const stream = run("shared")
  for (let won = 0; won < wins;) {
    const { length } = yield* journal.read(stream)
    const exit = yield* Effect.exit(journal.commit(commitOf(append(stream, length))))
    if (Exit.isFailure(exit)) continue
    won++
    yield* tell({ position: exit.value.position })
  }
})

/**
 * Writes two streams in each commit, from several fibers, until something stops it; one of each pair stays open. It lets
 * go of the file between two commits: whoever waits for it has no place in a queue.
 */
const pour = (journal: Journal["Service"]) =>
  Effect.forEach(
    [0, 1, 2, 3],
    Effect.fnUntraced(function* (fiber) {
      const open = run(`${process.pid}.${fiber}`)
      for (let seq = 0; ; seq++) {
        const ended = run(`${process.pid}.${fiber}.${seq}`)
        const bytes = sealedOf(`draft.${seq}`, new Uint8Array(2_000).fill(seq % 256))
        yield* journal.commit(
          commitOf(append(open, seq, { sealed: [bytes] }), append(ended, 0, { events: [cancelled] }))
        )
        yield* tell({ stream: open, seq: seq + 1, ended })
        yield* Effect.sleep("2 millis")
      }
    }),
    { concurrency: "unbounded", discard: true }
  )

/** Goes on with numbered runs until the disk refuses, then reads back what was acknowledged. */
const fill = Effect.fnUntraced(function* (journal: Journal["Service"]) {
  const begun = yield* journal.head
  let acknowledged = begun
  const bytes = sealedOf("prompt", new Uint8Array(20_000).fill(1))
  const code = yield* codeOf(
    Effect.forever(
      Effect.suspend(() => journal.commit(commitOf(append(run(acknowledged), 0, { sealed: [bytes] })))).pipe(
        Effect.tap(() => Effect.sync(() => acknowledged++))
      )
    )
  )
  let kept = 0
  while (verified(run(kept), yield* journal.read(run(kept))).seq > 0) kept++
  yield* tell({ code, begun, acknowledged, kept })
})

/** Reads where perhaps nothing can be written, and tries to. */
const look = Effect.fnUntraced(function* (journal: Journal["Service"]) {
  const refused = yield* codeOf(journal.head)
  const rows = refused ?? verified(run("a"), yield* journal.read(run("a"))).seq
  yield* tell({ rows, commit: yield* codeOf(journal.commit(commitOf(append(run("b"), 0)))) })
})

const tasks = { race: (journal: Journal["Service"]) => race(journal, Number(count)), fill, pour, look }

const program = Journal.use((journal) => tasks[task as keyof typeof tasks](journal)).pipe(
  Effect.provide(Sqlite.layer({ directory, mode: mode === "worker" ? "worker" : "in-thread" }))
)

await Effect.runPromise(program)
