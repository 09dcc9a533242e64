/**
 * Owns what a shape is, and which values have it. A member whose name ends in `?` may be left out; nothing else may, and
 * nothing else may be there.
 */

export const one = (...values) => ({ one: values })
export const nullable = (shape) => ({ nullable: shape })
export const list = (shape, most = Infinity) => ({ list: shape, most })
export const byName = (shape) => ({ byName: shape })
export const from = (least, most) => ({ least, most })

export const ID = "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
const PATTERNS = {
  digest: /^[0-9a-f]{64}$/,
  signature: /^[0-9a-f]{128}$/,
  id: new RegExp(`^${ID}$`),
  name: /^[A-Za-z0-9._:/-]{1,128}$/,
  content: /^[a-z]{1,32}(\.[0-9]{1,6})?$/,
  part: /^[A-Za-z0-9][A-Za-z0-9_-]{0,30}(\.[A-Za-z0-9][A-Za-z0-9_-]{0,30}){0,3}$/,
  provenance: /^(human|mixed|llm:[A-Za-z0-9._-]{1,120})$/,
  line: /^[ -~]*$/
}
export const isCount = (value) => Number.isSafeInteger(value) && value >= 0
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value)

/** Turns a shape into a test of values. */
export const fits = (shape) => {
  if (shape === "count") return isCount
  if (shape === "boolean") return (value) => typeof value === "boolean"
  if (typeof shape === "string") {
    const pattern = PATTERNS[shape]
    return (value) => typeof value === "string" && pattern.test(value)
  }
  if (shape.one) return (value) => shape.one.includes(value)
  if (shape.least !== undefined)
    return (value) => isCount(value) && value >= shape.least && value <= shape.most
  if (shape.nullable) {
    const inner = fits(shape.nullable)
    return (value) => value === null || inner(value)
  }
  if (shape.list) {
    const inner = fits(shape.list)
    return (value) => Array.isArray(value) && value.length <= shape.most && value.every(inner)
  }
  if (shape.byName) {
    const inner = fits(shape.byName)
    return (value) =>
      isObject(value) &&
      Object.entries(value).every(([name, item]) => PATTERNS.name.test(name) && inner(item))
  }
  const members = Object.entries(shape).map(([key, inner]) => [
    key.replace("?", ""),
    key.endsWith("?"),
    fits(inner)
  ])
  return (value) => {
    if (!isObject(value)) return false
    const names = Object.keys(value)
    let seen = 0
    for (const [name, optional, inner] of members) {
      if (names[seen] === name) {
        if (!inner(value[name])) return false
        seen++
      } else if (!optional) return false
    }
    return seen === names.length
  }
}

/** Whether two values have the same members with the same values. */
export const same = (value, other) => {
  if (value === other) return true
  if (typeof value !== "object" || typeof other !== "object" || value === null || other === null) return false
  const names = Object.keys(value)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same(value[name], other[name]))
  )
}
