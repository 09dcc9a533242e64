/** Owns what may be told of a bug: its kind and where it arose; never its message, which may quote. */

const FRAME = /at (?:async )?(?:([\w.$<>[\] ]{1,80}) \()?(?:[^()\s]*[/\\])?([\w.-]{1,80}):(\d+):(\d+)\)?$/u

/** The kind of an error and its frames: names of functions and files of the program, no folders. */
export const anatomy = (defect: unknown): string => {
  if (!(defect instanceof Error)) return "Defect"
  // A message may be written to look like a frame.
  const stack = defect.stack ?? ""
  const frames = (defect.message ? stack.replaceAll(defect.message, "") : stack)
    .split("\n")
    .flatMap((line) => {
      const [, name = "?", file, row, column] = FRAME.exec(line) ?? []
      return file ? [`  at ${name} (${file}:${row}:${column})`] : []
    })
  return [defect.constructor.name, ...frames].join("\n")
}
