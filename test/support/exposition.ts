/** Owns the reading of what Prometheus is told, strictly: the text format 0.0.4, and what holds of every family in it. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly samples: ReadonlyArray<Sample>
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/y
const NUMBER = /^(?:[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)|\+Inf|-Inf|NaN)$/

/** Throws where it is not of the form. */
export const read = (text: string): ReadonlyArray<Family> => {
  if (!text.endsWith("\n")) throw new Error("the last line has no end")
  const families: Array<Family & { samples: Array<Sample> }> = []
  let help: readonly [name: string, text: string] | null = null
  for (const line of text.slice(0, -1).split("\n")) {
    const [, helped, words = ""] = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line) ?? []
    if (helped !== undefined) {
      help = [helped, words]
      continue
    }
    const [, typed, type] = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line) ?? []
    if (typed !== undefined) {
      if (help?.[0] !== typed) throw new Error(`${typed} is not explained`)
      if (families.some(({ name }) => name === typed)) throw new Error(`${typed} is there twice`)
      families.push({ name: typed, type: type as Family["type"], help: help[1], samples: [] })
      continue
    }
    const family = families.at(-1)
    const sample = sampleOf(line)
    if (!family || !belongs(family, sample.name)) throw new Error(`${line} belongs to nothing`)
    if (family.samples.some((one) => keyOf(one) === keyOf(sample))) throw new Error(`${line} is there twice`)
    family.samples.push(sample)
  }
  families.forEach(check)
  return families
}

const sampleOf = (line: string): Sample => {
  const [, name, list, value = ""] = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`).exec(line) ?? []
  if (name === undefined || !NUMBER.test(value)) throw new Error(`${line} is no sample`)
  return { name, labels: list === undefined ? {} : labelsOf(list, line), value: numberOf(value) }
}

const numberOf = (text: string): number =>
  text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text)

const labelsOf = (list: string, line: string): Readonly<Record<string, string>> => {
  const labels: Record<string, string> = {}
  let at = 0
  while (at < list.length) {
    LABEL.lastIndex = at
    const [whole, label, text] = LABEL.exec(list) ?? []
    if (whole === undefined || label === undefined || text === undefined || label in labels)
      throw new Error(`${line} has labels that are none`)
    labels[label] = text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped))
    at += whole.length
    if (at < list.length && list[at++] !== ",") throw new Error(`${line} has labels that are none`)
  }
  return labels
}

const belongs = ({ name, type }: Family, sample: string): boolean =>
  type === "histogram" ? ["_bucket", "_sum", "_count"].some((end) => sample === name + end) : sample === name

const keyOf = ({ name, labels }: Sample): string =>
  `${name} ${JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)))}`

const check = ({ name, type, samples }: Family): void => {
  if (type === "counter" && !name.endsWith("_total"))
    throw new Error(`${name} is a counter and does not say so`)
  if (type === "counter" && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} counts down`)
  if (type !== "histogram") return
  const series = Map.groupBy(samples, ({ labels }) =>
    JSON.stringify(Object.entries(labels).filter(([label]) => label !== "le"))
  )
  for (const [labels, all] of series) {
    const buckets = all.filter((one) => one.name.endsWith("_bucket"))
    const bounds = buckets.map(({ labels }) => (labels["le"] === "+Inf" ? Infinity : Number(labels["le"])))
    const count = all.find((one) => one.name.endsWith("_count"))?.value
    const isRising = (values: ReadonlyArray<number>, isStrict: boolean) =>
      values.every((value, at) => at === 0 || (isStrict ? value > values[at - 1]! : value >= values[at - 1]!))
    if (bounds.at(-1) !== Infinity || !isRising(bounds, true)) throw new Error(`${name}${labels}: bounds`)
    if (
      !isRising(
        buckets.map(({ value }) => value),
        false
      )
    )
      throw new Error(`${name}${labels}: buckets`)
    if (buckets.at(-1)?.value !== count) throw new Error(`${name}${labels}: count`)
    if (!all.some((one) => one.name.endsWith("_sum"))) throw new Error(`${name}${labels}: sum`)
  }
}

/** The value of one sample; 0 where there is none. */
export const valueOf = (
  families: ReadonlyArray<Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {}
): number =>
  families
    .flatMap(({ samples }) => samples)
    .filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
    )
    .reduce((sum, { value }) => sum + value, 0)
