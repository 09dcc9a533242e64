/** Owns where the thread finds the module of a capability that comes with the program. */
import { entryOf } from "../OnceThread.ts"

/** In the sources the file itself, in a release a file of its own beside the bundle; `scripts/build.ts` makes one of each. */
export const builtin = (base: string, name: string): string =>
  entryOf(base, `./${name}.ts`, `./capability-${name}.js`).href
