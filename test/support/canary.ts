/** Owns the words of a canary sweep, the forms they may be found in, and the places where one of them may be found. */
import { randomBytes } from "node:crypto"
import { bytesUnder } from "./io3.ts"

/** One word for each place words come from. */
const word = (place: string): string => `canary-${place}-${randomBytes(6).toString("hex")}`
export const words = {
  prompt: word("prompt"),
  file: word("file"),
  fileName: word("filename"),
  /** The folder a person stands in, where the record is, where the configuration is: the operator's own paths. */
  folder: word("folder"),
  data: word("data"),
  configFolder: word("configfolder"),
  persona: word("persona"),
  profile: word("profile"),
  thinking: word("thinking"),
  draft: word("draft"),
  fixes: word("fixes"),
  upstream: word("upstream"),
  /** In the address of a provider. */
  url: word("url"),
  /** A name that a record may hold. */
  model: word("model"),
  config: word("config"),
  environment: word("environment"),
  typed: word("typed"),
  /** Values of memory records, by how far each may go; and one that is forgotten again. */
  memory: word("memory"),
  elevated: word("elevated"),
  restricted: word("restricted"),
  forgotten: word("forgotten"),
  /** What a pack is said to be for. */
  pack: word("pack"),
  /** What a capability is given. */
  payload: word("payload"),
  /** The prompt of a runbook's step, what its author keeps beside it, and what a steward puts in place of it. */
  step: word("step"),
  metadata: word("metadata"),
  redirected: word("redirected"),
  edited: word("edited"),
  /** The key of a provider, and the variables that have it. */
  key: word("key"),
  answer: word("answer")
}
export type Place = keyof typeof words

/** A text as it may be found in bytes. Base64 of a text depends on where in its group of three the text begins. */
const formsOf = (text: string): ReadonlyArray<Buffer> => {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64")
    const whole = encoded.slice(before === 0 ? 0 : 4, Math.floor((before + bytes.length) / 3) * 4)
    return [whole, whole.replaceAll("+", "-").replaceAll("/", "_")]
  })
  const hex = [bytes.toString("hex"), bytes.toString("hex").toUpperCase()]
  const wide = Buffer.from(text, "utf16le")
  return [bytes, wide, Buffer.from(wide).swap16(), ...[...base64, ...hex].map((form) => Buffer.from(form))]
}

const forms = Object.entries(words).map(([place, text]) => ({ place, forms: formsOf(text) }))

/** The places whose words are in these bytes, in any form. */
export const found = (bytes: Buffer | string, allowed: ReadonlyArray<Place> = []): ReadonlyArray<string> => {
  const searched = Buffer.from(bytes)
  return forms
    .filter(({ place }) => !allowed.some((name) => name === place))
    .filter((entry) => entry.forms.some((form) => searched.includes(form)))
    .map(({ place }) => place)
}

/** What a record may hold of them: the name of a model. */
const RECORDED: ReadonlyArray<Place> = ["model"]

/** The words in files under a directory and in what these are called, beside files that are known to have them. */
export const foundUnder = (
  directory: string,
  isKnown: (path: string) => boolean = () => false
): ReadonlyArray<string> =>
  [...bytesUnder(directory)]
    .filter(([path]) => !isKnown(path))
    .flatMap(([path, bytes]) => {
      const name = path
        .slice(directory.length)
        .replace(`/${words.data}/`, "/")
        .replace(`/${words.folder}/`, "/")
      return [...found(name), ...found(bytes, RECORDED)].map((place) => `${place} in ${name}`)
    })
