/**
 * Owns which wishes of a `logging.yaml` are refused because they would let content into a log, or a log off this machine.
 * Neither is switched off here: neither exists, and who asks for it has to hear that.
 */

/** What a record of metadata may not have, in whatever case it is written. */
const contentFields: ReadonlySet<string> = new Set([
  "prompt",
  "user_prompt",
  "system_prompt",
  "assembled_prompt",
  "message",
  "completion",
  "draft",
  "revision",
  "content",
  "file_content",
  "file_text",
  "output"
])

type Path = ReadonlyArray<string>
type Wish = (value: unknown) => boolean

/** Each key that can ask for it, and when it does. A key that is not there asks for nothing. */
const keys: ReadonlyArray<readonly [Path, Wish]> = [
  [["storage", "local_only"], (value) => value !== true],
  [["logging", "content"], (value) => value === true],
  [["logging", "content", "enabled"], (value) => value !== false],
  [["safety", "never_log"], (value) => !Array.isArray(value) || value.length === 0]
]
const FIELDS: Path = ["logging", "metadata", "fields"]
const CONTENT_FOLDER: Path = ["storage", "content_log_dir"]

/** The keys that ask for it, in a document as it was read. */
export const asksForContent = (document: unknown): ReadonlyArray<Path> => {
  const asked = keys.filter(([path, wish]) => has(document, path) && wish(valueAt(document, path)))
  const paths = asked.map(([path]) => path)
  // A folder for content is harmless in a file that was taken over, as long as nothing is to go there.
  const folder = paths.some(([, name]) => name === "content") && has(document, CONTENT_FOLDER)
  const fields = valueAt(document, FIELDS)
  return [
    ...paths,
    ...(folder ? [CONTENT_FOLDER] : []),
    ...(Array.isArray(fields) ? fields : []).flatMap((field, index) =>
      typeof field === "string" && contentFields.has(field.toLowerCase()) ? [[...FIELDS, String(index)]] : []
    )
  ]
}

/** The names that variables would have for those keys. */
export const variables: ReadonlySet<string> = new Set(
  [...keys.map(([path]) => path), FIELDS, CONTENT_FOLDER].map((path) => `IO3_${path.join("_").toUpperCase()}`)
)

const has = (document: unknown, path: Path): boolean => valueAt(document, path) !== undefined

const valueAt = (document: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<string, unknown>>)[name]
        : undefined,
    document
  )
