/** Owns where in a request something is wrong: by names of the contract and indexes, and never by what somebody wrote. */
import type { Schema, SchemaIssue } from "effect"
import type { ProblemPlace } from "../api/Problem.ts"
import { DecisionBody } from "../api/Steward.ts"
import { ReplayBody, ResumeBody, RunbookBody } from "../api/Runbooks.ts"
import { pages, RunBody } from "../api/Runs.ts"
import { ModeBody, StartBody, TitleBody, TurnBody } from "../api/Sessions.ts"

/** Every name that a request may hold. */
const known: ReadonlySet<string> = new Set(
  [
    RunBody.fields,
    TurnBody.fields,
    StartBody.fields,
    ModeBody.fields,
    TitleBody.fields,
    DecisionBody.fields,
    RunbookBody.fields,
    ResumeBody.fields,
    ReplayBody.fields,
    pages,
    { standing: null }
  ].flatMap((fields) => Object.keys(fields))
)

const named = (key: PropertyKey, names: ReadonlySet<string>): string =>
  typeof key === "number" || /^\d+$/u.test(String(key))
    ? String(key)
    : names.has(String(key))
      ? String(key)
      : "*"

/** What is wrong with a value, and where below it. */
export const placesOf = (
  { issue }: Schema.SchemaError,
  names: ReadonlySet<string> = known
): ReadonlyArray<ProblemPlace> => unique(walk(issue, [], names))

const MOST = 20

const unique = (places: ReadonlyArray<ProblemPlace>): ReadonlyArray<ProblemPlace> =>
  [...new Map(places.map((place) => [place.pointer + place.fault, place])).values()].slice(0, MOST)

const walk = (
  issue: SchemaIssue.Issue,
  path: ReadonlyArray<PropertyKey>,
  names: ReadonlySet<string>
): ReadonlyArray<ProblemPlace> => {
  const at = (fault: ProblemPlace["fault"]): ProblemPlace => ({
    pointer: path.map((key) => `/${named(key, names)}`).join(""),
    fault
  })
  switch (issue._tag) {
    case "Pointer":
      return walk(issue.issue, [...path, ...issue.path], names)
    case "Composite":
    case "AnyOf":
      return issue.issues.length === 0
        ? [at("wrong_value")]
        : issue.issues.flatMap((inner) => walk(inner, path, names))
    case "Encoding":
    case "Filter":
      return walk(issue.issue, path, names)
    case "MissingKey":
      return [at("missing_key")]
    case "UnexpectedKey":
      return [at("unknown_key")]
    default:
      return [at("wrong_value")]
  }
}
