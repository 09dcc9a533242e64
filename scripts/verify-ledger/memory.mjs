/** Owns the life of one memory record, and what a run is to have made of those that its packs name. */
import { hold } from "./chain.mjs"
import { same } from "./forms.mjs"
import { isCloud } from "./laws.mjs"

export const newMemory = (stream) => ({ stream, version: 0, isThere: false })

/** Takes an event in, or throws what is false about it. A record is named by the hash of what it is called. */
export const advanceMemory = (memory, event, sha256) => {
  const { _tag, scope, key, version } = event
  hold(memory.stream === `memory/${sha256(`${scope}\n${key}`)}`, "wrong_stream")
  if (_tag === "MemoryWritten")
    hold(version === memory.version + 1 && event.content === `value.${version}`, "transition")
  else hold(memory.isThere && version === memory.version, "transition")
  memory.version = version
  memory.isThere = _tag === "MemoryWritten"
}

const MOST_RECORDS = 256

/** The records of packs, each once, where it is first named; null where a pack is not one that can be read. */
const namesOf = (packs, ids) => {
  const byId = new Map(packs.map((pack) => [pack.id, pack]))
  if (byId.size < packs.length) return null
  const names = new Map()
  for (const id of ids) {
    const pack = byId.get(id)
    const included = pack?.includes.map((name) => byId.get(name)) ?? [undefined]
    if (included.some((other) => other === undefined || other.includes.length > 0)) return null
    const { scope } = pack
    for (const key of [...included, pack].flatMap(({ keys }) => keys)) {
      const name = `${scope}\n${key}`
      if (!names.has(name)) names.set(name, { scope, key })
    }
  }
  return names.size > MOST_RECORDS ? null : [...names.values()]
}

const mayRead = ({ routes, elevated, restricted }, mode, isFar, sensitivity) => {
  if (!routes.includes(mode)) return false
  if (sensitivity === "standard") return true
  return sensitivity === "elevated" ? elevated.includes(mode) : restricted.includes(mode) && !isFar
}

/** What a run says of records follows from its packs, the policy and the room there is. */
export const checkRecalled = ({ accepted, route, rules }, all) => {
  const { memory } = rules.policy
  hold(memory !== undefined && accepted.packs !== undefined, "memory")
  const names = namesOf(memory.packs, accepted.packs)
  hold(
    names !== null &&
      same(
        names,
        all.map(({ scope, key }) => ({ scope, key }))
      ),
    "memory"
  )
  const isFar = isCloud(rules, route, accepted.audit)
  let room = memory.budgetChars
  for (const { version, sensitivity, chars, outcome } of all) {
    hold((version === 0) === (sensitivity === null), "memory")
    if (sensitivity === null) hold(outcome === "missing" && chars === 0, "memory")
    else if (!mayRead(memory, accepted.mode, isFar, sensitivity)) hold(outcome === "denied", "memory")
    else {
      room = chars <= room ? room - chars : -1
      hold(outcome === (room < 0 ? "dropped" : "released"), "memory")
    }
  }
}
