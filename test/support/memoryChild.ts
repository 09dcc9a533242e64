/**
 * Owns a process of its own that writes a record, writes it again, forgets it and writes it once more, and dies before one of
 * the moments at which the disk changes: `memoryChild DIRECTORY NUMBER`. It tells what is done, as soon as it is.
 */
import { Effect } from "effect"
import type { Pass } from "../../src/adapters/WritePoint.ts"
import { Memories } from "../../src/core/memory/Memories.ts"
import { Content } from "../../src/domain/Content.ts"
import { Principal } from "../../src/domain/Ids.ts"
import { Provenance } from "../../src/domain/memory/MemoryEvent.ts"
import { scene } from "./coreScene.ts"
import { tell } from "./tell.ts"

const [directory = "", number = ""] = process.argv.slice(2)

let count = 0
const dying: Pass = (point, act) => {
  // What comes before a transaction grows is none of memory's.
  const counts = ["grow", "erase", "commit", "checkpoint"].includes(point)
  if (counts && count++ === Number(number)) process.kill(process.pid, "SIGKILL")
  return act()
}

const principal = Principal.make("local")
const yes = Effect.succeed(true)

const life = Effect.gen(function* () {
  const memories = yield* Memories
  const write = (value: string) =>
    Effect.map(
      memories.write(
        {
          scope: "s",
          key: "k",
          value: Content.of(value),
          sensitivity: "standard",
          provenance: Provenance.make("human"),
          expected: null,
          principal,
          surface: "program"
        },
        yes
      ),
      ({ version }) => tell({ written: version })
    )
  yield* write("value 1")
  yield* write("value 2")
  yield* memories.forget("s", "k", principal, yes)
  tell({ forgotten: 2 })
  yield* write("value 3")
  tell({ points: count })
})

await Effect.runPromise(Effect.provide(life, scene({ directory, at: dying })))
