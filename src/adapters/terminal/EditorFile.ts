/** Owns the editing of a text in the editor a person has chosen, on a file that nobody else reads and that is wiped after it. */
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { Content } from "../../domain/Content.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Editor } from "../../ports/Editor.ts"
import type { Environment } from "../config/Environment.ts"
import { make } from "./EditFolder.ts"

const failed = failure("EDITOR_FAILED", "gate")

export const layer = ({
  directory,
  environment
}: {
  /** Where the private folder is made. */
  readonly directory: string
  readonly environment: Environment
}) =>
  Layer.succeed(Editor, {
    edit: Effect.fn("Editor.edit")(function* (text: string) {
      const editor = [environment["VISUAL"], environment["EDITOR"]].find((one) => one?.trim())
      if (editor === undefined) return yield* failure("STEWARD_TEXT_REQUIRED", "gate")
      return yield* Effect.scoped(
        Effect.gen(function* () {
          const file = yield* Effect.catchDefect(make(directory, text), () => Effect.fail(failed))
          yield* opened(editor, file)
          const made = yield* Effect.try({
            try: () => new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file)),
            catch: () => failed
          })
          const isNew = made.trim() !== "" && made.trim() !== text.trim() && !made.includes("\0")
          return yield* isNew ? Effect.succeed(Content.of(made)) : Effect.fail(failed)
        })
      )
    })
  })

/** What the variable says is a line of a shell, `code --wait` say. It is ended when nobody waits for it any more. */
const opened = (editor: string, file: string): Effect.Effect<void, RuntimeFailure> =>
  Effect.callback((resume) => {
    // Standard output may be a file that the released text goes to; the editor's screen is the terminal.
    const screen = process.stdout.isTTY ? "inherit" : 2
    const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], {
      stdio: ["inherit", screen, "inherit"]
    })
    child.once("error", () => resume(Effect.fail(failed)))
    child.once("exit", (code) => resume(code === 0 ? Effect.void : Effect.fail(failed)))
    return Effect.sync(() => child.kill())
  })
