/** Runs the real program twice with other words of the same lengths, and compares everything it says and leaves. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { configure, io3, slowly } from "./support/io3.ts"
import { timed } from "./support/masked.ts"
import { breaks, says, scene, verdict } from "./support/model.ts"

type Word = (place: string) => string

/** Everything that a person, or whoever they hand it to, gets to see of the runs of one home; the answer is taken out. */
const seen = Effect.fnUntraced(function* (word: Word) {
  let turn = 0
  let judged: "needs_work" | "reject" = "needs_work"
  const { where, server } = yield* scene((socket, { model }) => {
    turn += 1
    if (turn > 5) socket.write(breaks(500, JSON.stringify({ error: word("upstream") })))
    else if (model === "judge") socket.write(verdict(judged, word("fixes")))
    else socket.write(says(word("answer"), word("more")))
  })
  yield* configure(where.userConfig, {
    "persona.yaml": `identity:\n  name: "${word("persona")}"\n`,
    "user_profile.yaml": `user:\n  name: "${word("profile")}"\n`
  })
  writeFileSync(join(where.folder, "notes.txt"), word("file"))
  const said: Array<readonly [what: string, text: string]> = []
  const ask = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
    const { code, stdout, stderr } = yield* io3(where, args, { environment: { IO3_DEBUG: "1" } })
    const text = `${code}\n${stdout}\n${stderr}`
      .replaceAll(word("answer") + word("more"), "<answer>")
      .replaceAll(server.baseUrl, "<host>")
    said.push([args.join(" "), timed(text)])
    return stdout
  })
  const prompt = ["run", "executor", "--prompt", word("prompt"), "--file", "notes.txt"]
  const run = /"run_id": "([^"]+)"/u.exec(yield* ask(...prompt, "--audit", "-o", "json"))?.[1] ?? "none"
  judged = "reject"
  yield* ask(...prompt, "--audit", "-o", "json")
  yield* ask(...prompt, "-o", "ndjson")
  for (const reading of [
    ["runs", "list", "-o", "json"],
    ["runs", "show", run],
    ["runs", "show", run, "-o", "json"],
    ["receipt", "show", run, "-o", "json"],
    ["ledger", "show", run, "-o", "json"],
    ["ledger", "verify", "--texts", "-o", "json"],
    ["ledger", "export"],
    ["budgets", "-o", "json"]
  ]) {
    yield* ask(...reading)
  }
  said.push(["metadata.jsonl", timed(readFileSync(join(where.data, "logs/metadata.jsonl"), "utf8"))])
  return said.map(([what, text]) => [
    what.replaceAll(run, "<run>").replaceAll(word("prompt"), "<prompt>"),
    text
  ])
})

describe("the real program, twice with other words of the same lengths", slowly, () => {
  it.live("says and leaves the same", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all(
        [seen((place) => `one, é, of the ${place}`), seen((place) => `two: ß/ in its ${place}`)],
        { concurrency: 2 }
      )
      assert.deepStrictEqual(one, other)
      assert.deepStrictEqual(
        one.map(([, text]) => text?.slice(0, 2)),
        ["0\n", "1\n", "1\n", ...Array.from({ length: 8 }, () => "0\n"), '{"']
      )
    })
  )
})
