/** Owns the scenes of the canary sweep for what goes into a run besides its words: memory, and capabilities. */
import { type Place, words } from "./canary.ts"

interface Scene {
  readonly args: () => ReadonlyArray<string>
  readonly code?: number
  readonly shows?: ReadonlyArray<Place>
  readonly stdin?: string
}

const record = ["project", "colour"]
// Scenes of one command are played side by side.
const write = (key: string) => ["memory", "write", "project", key, "--yes"]
const payload = JSON.stringify({ [words.typed]: words.typed })
const run = ["run", "executor", "-p", words.prompt, "--capability"]

/** Each with its words on standard output where they are its result, and nowhere else. */
export const inputScenes: Readonly<Record<string, ReadonlyArray<Scene>>> = {
  "memory write": [
    { args: () => write("colour"), stdin: words.file },
    { args: () => [...write("shade"), "--value", words.typed, "-o", "json"] },
    { args: () => [...write("tone"), "--expect", "7", "-o", "json"], stdin: words.file, code: 1 },
    { args: () => ["memory", "write", `${words.typed}/..`, "colour", "--yes"], stdin: words.file, code: 2 },
    { args: () => ["memory", "write", "project", "hue"], stdin: words.file, code: 1 }
  ],
  "memory list": [
    { args: () => ["memory", "list"] },
    { args: () => ["memory", "list", "--scope", `${words.typed}!`, "-o", "json"], code: 2 }
  ],
  "memory show": [
    { args: () => ["memory", "show", ...record], shows: ["file"] },
    { args: () => ["memory", "show", "project", words.typed, "-o", "json"], code: 1 }
  ],
  "memory packs": [{ args: () => ["memory", "packs"] }, { args: () => ["memory", "packs", "-o", "json"] }],
  "memory forget": [
    { args: () => ["memory", "forget", ...record], code: 1 },
    { args: () => ["memory", "forget", ...record, "--yes", "-o", "json"] }
  ],
  capability: [
    { args: () => ["capability", "cap.json_pretty", payload], shows: ["typed"] },
    {
      args: () => ["capability", "cap.json_pretty", "-f", "-", "-o", "json"],
      stdin: payload,
      shows: ["typed"]
    },
    { args: () => ["capability", "cap.json_pretty", `{${words.typed}`], code: 2 },
    { args: () => ["capability", "cap.validate_json_schema", payload, "-o", "json"], code: 1 },
    { args: () => [...run, "cap.json_pretty", "--payload", payload], shows: ["answer", "typed"] },
    {
      args: () => [...run, "cap.json_pretty", "--payload-file", "-", "--raw"],
      stdin: payload,
      shows: ["answer"]
    },
    { args: () => [...run, "cap.text_diff", "--payload", payload], code: 1 },
    { args: () => [...run, words.typed, "-o", "json"], code: 2 }
  ]
}
