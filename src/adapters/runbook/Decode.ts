/** Owns how the text of a runbook becomes steps, or every place in it that is wrong. */
import { Effect, Result, Schema } from "effect"
import type { ConfigFault, ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  FlatStep,
  MAX_STEPS,
  names,
  RunbookFrame,
  stepOf,
  WrappedStep,
  type WrittenStep
} from "../../domain/runbook/Runbook.ts"
import type { ReadRunbook } from "../../ports/RunbookReader.ts"
import { type Found, found } from "../config/Issues.ts"
import { parseJson, positionIn } from "../config/Json.ts"
import { textOf } from "../config/Text.ts"
import { type Path, placeAt, plain, type Tree } from "../config/Tree.ts"
import { parse as parseYaml } from "../config/Yaml.ts"

/** It counts for this one command, like a flag of it. */
const base = { origin: "flag", file: "runbook" } as const

/** See `RunbookReader.decode`. */
export const decode = Effect.fnUntraced(function* (
  bytes: Uint8Array
): Effect.fn.Return<ReadRunbook, RuntimeFailure> {
  const isJson = beginsAsJson(bytes)
  const parsed = isJson ? json(bytes) : yield* parseYaml(bytes, base)
  return yield* parsed.pipe(
    Result.mapError((place) =>
      // Text that is read, and is no mapping.
      place.fault === "wrong_value"
        ? failure("RUNBOOK_SCHEMA_ERROR", "setup", { places: [place] })
        : failure(isJson ? "RUNBOOK_INVALID_JSON" : "RUNBOOK_INVALID_YAML", "setup", { places: [place] })
    ),
    Result.flatMap(runbook),
    Effect.fromResult
  )
})

/** Past a byte order mark and blanks, the first sign says which it is. */
const beginsAsJson = (bytes: Uint8Array): boolean => {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const first = bytes.subarray(start).find((byte) => !BLANKS.has(byte))
  return first === 0x7b || first === 0x5b
}
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d])

const json = (bytes: Uint8Array): Result.Result<Tree, ConfigPlace> => {
  const text = textOf(bytes)
  return Result.flatMap(text, (known) => parseJson(known, base)).pipe(
    Result.mapError(({ fault, offset }) => ({
      file: base.file,
      ...positionIn(
        Result.getOrElse(text, () => ""),
        offset
      ),
      key: null,
      fault
    }))
  )
}

const runbook = (tree: Tree): Result.Result<ReadRunbook, RuntimeFailure> => {
  const at = (path: Path, fault: ConfigFault) => placeAt(tree, path, fault, (name) => names.has(name))
  const refuse = (code: RuntimeFailure["code"], wrong: ReadonlyArray<Found>, detail: object = {}) =>
    Result.fail(
      failure(code, "setup", { ...detail, places: wrong.map(({ path, fault }) => at(path, fault)) })
    )
  const whole = plain(tree)
  const frame = Schema.decodeUnknownResult(RunbookFrame)(whole, strictly)
  const given = itemsOf(whole)
  if (given?.length === 0) return refuse("RUNBOOK_EMPTY", [{ path: ["steps"], fault: "wrong_value" }])
  if (given && given.length > MAX_STEPS) {
    const path = ["steps", `${MAX_STEPS}`]
    return refuse("RUNBOOK_MAX_STEPS_EXCEEDED", [{ path, fault: "too_many_steps" }], {
      limit: { actual: given.length, allowed: MAX_STEPS, unit: "steps" }
    })
  }
  const written = (given ?? []).map(decodeStep)
  const wrong = [
    ...(Result.isFailure(frame) ? found(frame.failure.issue) : []),
    ...written.flatMap((step, index) =>
      Result.isFailure(step) ? found(step.failure.issue, ["steps", `${index}`]) : []
    ),
    ...repeated(given ?? [])
  ]
  if (Result.isFailure(frame) || wrong.length > 0) {
    return refuse("RUNBOOK_SCHEMA_ERROR", wrong.toSorted(inReadingOrder(at)))
  }
  const steps = written.filter(Result.isSuccess).map(({ success }) => success)
  return Result.succeed({
    runbook: { id: frame.success.runbook_id ?? null, steps: steps.map(stepOf) },
    placeOf: (step, part, fault) => {
      const [key] = part
      const task = key === "when" ? [] : taskPath(steps[step])
      return at(["steps", `${step}`, ...task, ...part.map(String)], fault)
    }
  })
}

/** Where the keys of a step's task stand below the step. */
const taskPath = (step: unknown): Path => (isObject(step) && "task_spec" in step ? ["task_spec"] : [])

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const strictly = { errors: "all", onExcessProperty: "error" } as const

/** The steps as they are written, when they are a list. */
const itemsOf = (whole: unknown): ReadonlyArray<unknown> | null => {
  const steps = isObject(whole) && "steps" in whole ? whole.steps : null
  return Array.isArray(steps) ? steps : null
}

/** Which of the two ways it is written in, the step itself says: the faults are those of that one. */
const decodeStep = (step: unknown): Result.Result<WrittenStep, Schema.SchemaError> =>
  isObject(step) && "task_spec" in step
    ? Schema.decodeUnknownResult(WrappedStep)(step, strictly)
    : Schema.decodeUnknownResult(FlatStep)(step, strictly)

/** Ids that an earlier step has already, whatever else is wrong with either. */
const repeated = (steps: ReadonlyArray<unknown>): ReadonlyArray<Found> => {
  const ids = steps.map(idOf)
  return ids.flatMap((id, index): ReadonlyArray<Found> =>
    id !== null && ids.indexOf(id) < index
      ? [{ path: ["steps", `${index}`, ...taskPath(steps[index]), "task_spec_id"], fault: "duplicate_id" }]
      : []
  )
}

const idOf = (step: unknown): string | null => {
  const task = isObject(step) && "task_spec" in step ? step.task_spec : step
  const id = isObject(task) && "task_spec_id" in task ? task.task_spec_id : null
  return typeof id === "string" ? id : null
}

const inReadingOrder =
  (at: (path: Path, fault: ConfigFault) => ConfigPlace) => (one: Found, other: Found) => {
    const [a, b] = [at(one.path, one.fault), at(other.path, other.fault)]
    return a.line - b.line || a.column - b.column
  }
