/** Owns the entry of the thread that does the work of capabilities: it loads their modules and performs one at a time. */
import { performance } from "node:perf_hooks"
import { parentPort } from "node:worker_threads"
import type { Definition } from "./Definition.ts"
import type { Order, Place, Reply } from "./Wire.ts"

// What a capability prints may quote its input: it is nobody's, and is not kept.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (_text: string | Uint8Array, ...rest: ReadonlyArray<unknown>) => {
    const done = rest.at(-1)
    if (typeof done === "function") process.nextTick(done)
    return true
  }
}

const reply = (reply: Reply) => parentPort?.postMessage(reply)
let current: Definition | undefined

/** A module may come from another program: what it exports is looked at before it is believed. */
const load = ({ module, id, version }: Place): Promise<Definition | undefined> =>
  import(module).then(
    (loaded: { readonly default?: Partial<Definition> }) => {
      const found = loaded.default
      const isThis = found?.id === id && found.version === version && typeof found.perform === "function"
      return isThis ? (found as Definition) : undefined
    },
    () => undefined
  )

parentPort?.on("message", (order: Order) => {
  if (order._tag === "Load") {
    void load(order.place).then((definition) => {
      current = definition
      reply({ _tag: "Loaded", call: order.call, loaded: definition !== undefined })
    })
    return
  }
  const { call } = order
  const started = performance.now()
  void current?.perform(order.payload, order.maxOutputChars).then((performed) => {
    reply({ _tag: "Performed", call, performed, durationMillis: Math.round(performance.now() - started) })
  })
})
