/** Owns what puts a text before a person and takes back what they make of it. */
import { Context, type Effect } from "effect"
import type { Content } from "../domain/Content.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"

export class Editor extends Context.Service<
  Editor,
  {
    /**
     * Nothing of the text is left behind, however this ends. `STEWARD_TEXT_REQUIRED` where nobody has an editor;
     * `EDITOR_FAILED` when it did not end well, or left the text as it was or empty.
     */
    readonly edit: (text: string) => Effect.Effect<Content, RuntimeFailure>
  }
>()("io-iii/ports/Editor") {}
