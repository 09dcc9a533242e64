/** Owns how what a Schema refuses becomes paths and faults; nothing of a value is in them. */
import { Option, Schema, type SchemaIssue } from "effect"
import { ConfigFault } from "../../domain/config/ConfigPlace.ts"
import type { Path } from "./Tree.ts"

export interface Found {
  readonly path: Path
  readonly fault: ConfigFault
}

const asFault = Schema.decodeUnknownOption(ConfigFault)

/** Every fault of an issue. A filter that knows better than `wrong_value` has the fault as its message. */
export const found = (issue: SchemaIssue.Issue, path: Path = []): ReadonlyArray<Found> => {
  switch (issue._tag) {
    case "Pointer":
      return found(issue.issue, [...path, ...issue.path.map(String)])
    case "Composite":
      return issue.issues.flatMap((inner) => found(inner, path))
    case "AnyOf": {
      // Where one member alone has this type, the fault is the one that it found.
      const [only, ...others] = issue.issues
      return only && others.length === 0 ? found(only, path) : [{ path, fault: "wrong_value" }]
    }
    case "Filter":
    case "Encoding":
      return found(issue.issue, path)
    case "UnexpectedKey":
      return [{ path, fault: "unknown_key" }]
    case "MissingKey":
      return [{ path, fault: "missing_key" }]
    case "InvalidValue":
      return [
        { path, fault: Option.getOrElse(asFault(issue.annotations?.message), () => "wrong_value" as const) }
      ]
    default:
      return [{ path, fault: "wrong_value" }]
  }
}
