/** Owns the rings of the source tree and checks them: who may import whom, which packages, and who may hold what. */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix, sep } from "node:path"

interface Ring {
  /** What it is, for the diagram. */
  readonly role: string
  /** The rings it may import, besides itself. */
  readonly sees: ReadonlyArray<string>
  /** The rings of which it may import types, and nothing that runs. */
  readonly describes?: ReadonlyArray<string>
  /** The packages it may import; `x/*` stands for the modules below `x`. */
  readonly packages: ReadonlyArray<string>
  /** The packages of which it may import types, and nothing that runs. */
  readonly types?: ReadonlyArray<string>
  /** The folder outside of `src` that it may import from. */
  readonly outside?: string
  /** The names it may import from `effect`; any when left out. */
  readonly effect?: ReadonlyArray<string>
  /** How its files end, for the linter; `ts` when left out. */
  readonly files?: string
}

const platform = ["effect", "effect/*", "@effect/platform-node", "@effect/platform-node/*", "node:*"]
const inner = ["domain", "ports", "core"]
const all = [...inner, "adapters", "api", "http", "cli", "App.ts"]

/** Innermost first. A ring is a folder of `src`, or a file that stands in `src` itself. */
export const rings: Readonly<Record<string, Ring>> = {
  domain: {
    role: "nouns and laws: data, Schemas, pure functions",
    sees: [],
    packages: ["effect"],
    // `Runtime` names the key under which a failure says its exit code.
    effect: ["Option", "Result", "Runtime", "Schema", "SchemaGetter"]
  },
  ports: { role: "what the core asks of the world", sees: ["domain"], packages: ["effect"] },
  core: { role: "verbs: one service per file", sees: ["domain", "ports"], packages: ["effect"] },
  adapters: {
    role: "the world: one folder per port",
    sees: ["domain", "ports"],
    packages: [...platform, "yaml"]
  },
  api: {
    role: "what every surface says of a result: its shapes, and who speaks HTTP with them",
    sees: ["domain"],
    describes: ["ports", "core"],
    packages: ["effect", "effect/*"]
  },
  http: {
    role: "the HTTP contract, served: it adds no meaning",
    sees: [...inner, "api"],
    packages: ["effect", "effect/*"]
  },
  cli: { role: "one command per file", sees: [...inner, "api", "http"], packages: ["effect", "effect/*"] },
  web: {
    role: "the page: it asks a server, and knows of it what is said in types",
    sees: [],
    describes: ["client.ts"],
    // What checks a ledger without any of the rings is what has to check it in a browser.
    outside: "../scripts/verify-ledger/",
    packages: [
      "@noble/hashes/*",
      "@preact/signals",
      "diff",
      "eventsource-parser",
      "highlight.js/*",
      "marked",
      "preact",
      "preact/*",
      "vite"
    ],
    types: ["effect", "effect/http-api"],
    files: "{ts,tsx}"
  },
  "App.ts": {
    role: "which adapter fills which port",
    sees: [...inner, "adapters", "api", "http"],
    packages: platform
  },
  "main.ts": { role: "the program", sees: all, packages: platform },
  "index.ts": { role: "exports for other programs", sees: all, packages: ["effect"] },
  "client.ts": {
    role: "exports for programs that ask a server",
    sees: ["api"],
    packages: ["effect", "effect/*"]
  },
  "testing.ts": { role: "exports for tests of other programs", sees: all, packages: ["effect"] }
}

/** Names that are the right to do something, and the only places under `src` that may mention them. */
export const restricted: Readonly<Record<string, ReadonlyArray<string>>> = {
  /** The raw text of a content. */
  reveal: [
    "domain/Content.ts",
    "adapters/capability/",
    "adapters/provider/",
    "adapters/vault/",
    "core/run/Release.ts",
    "index.ts"
  ],
  /** Mints call permits. */
  certify: ["domain/run/Bounds.ts", "core/"],
  /** Turns a permit into the right to call. */
  intend: ["ports/Journal.ts", "core/"]
}

/** The only file that may load what it is told to: modules that other programs register. */
const LOADS_MODULES = "adapters/capability/worker.ts"

export interface Violation {
  /** Relative to `src`. */
  readonly file: string
  readonly fault:
    | "unknown_ring"
    | "ring"
    | "package"
    | "effect_name"
    | "computed_import"
    | "restricted"
    | "name"
  /** The import or name at fault. */
  readonly what: string
}

const IMPORT = /(?:^|[\s;}])(?:import|export)\s+((?:type\s+)?[^"'();]*?)\s*from\s*"([^"]+)"/g
const BARE_IMPORT = /(?:^|[\s;])import\s*"([^"]+)"/g
const DYNAMIC_IMPORT = /\bimport\s*\(\s*(?:"([^"]+)")?/g
const VAGUE_NAME =
  /(?:^|\/)(?:utils?|helpers?|common|misc|shared)(?:\/|\.ts$)|(?:Live|Impl|Manager)\.ts$|\/index\.ts$/i

/** Comments hold no imports; strings stay, since specifiers are strings. */
const withoutComments = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1")

const ringOf = (file: string): string => file.split("/")[0] ?? file

const allowsPackage = (ring: Ring, specifier: string): boolean =>
  ring.packages.some((allowed) =>
    allowed.endsWith("*") ? specifier.startsWith(allowed.slice(0, -1)) : specifier === allowed
  )

/** Checks one source file; `file` is relative to `src`, with forward slashes. */
export const checkFile = (file: string, source: string): ReadonlyArray<Violation> => {
  const code = withoutComments(source)
  const found: Array<Violation> = []
  const report = (fault: Violation["fault"], what: string) => found.push({ file, fault, what })

  if (VAGUE_NAME.test(file)) report("name", file)
  const name = ringOf(file)
  const ring = rings[name]
  if (ring === undefined) {
    report("unknown_ring", name)
    return found
  }

  const imported = (specifier: string, clause: string) => {
    if (!specifier.startsWith(".")) {
      const isType = clause.startsWith("type ") && ring.types?.includes(specifier)
      if (!isType && !allowsPackage(ring, specifier)) report("package", specifier)
      if (specifier === "effect" && ring.effect) {
        for (const item of namesOf(clause)) if (!ring.effect.includes(item)) report("effect_name", item)
      }
      return
    }
    const target = posix.normalize(posix.join(posix.dirname(file), specifier))
    if (ring.outside !== undefined && target.startsWith(ring.outside)) return
    const to = ringOf(target)
    const describes = clause.startsWith("type ") && ring.describes?.includes(to)
    if (target.startsWith("..") || (to !== name && !ring.sees.includes(to) && !describes))
      report("ring", target)
    // A namespace would carry `reveal` along without naming it.
    if (target === "domain/Content.ts" && clause.includes("*")) report("restricted", "* as Content")
  }
  for (const [, clause = "", specifier = ""] of code.matchAll(IMPORT)) imported(specifier, clause)
  for (const [, specifier = ""] of code.matchAll(BARE_IMPORT)) imported(specifier, "")
  for (const [, specifier] of code.matchAll(DYNAMIC_IMPORT)) {
    if (specifier === undefined) {
      if (file !== LOADS_MODULES) report("computed_import", "import()")
    } else imported(specifier, "*")
  }
  for (const [word, places] of Object.entries(restricted)) {
    const mentioned = new RegExp(String.raw`\b${word}\b`).test(code)
    if (mentioned && !places.some((place) => file.startsWith(place))) report("restricted", word)
  }
  return found
}

const namesOf = (clause: string): ReadonlyArray<string> =>
  clause
    .replaceAll(/[{}]/g, "")
    .split(",")
    .map((item) =>
      item
        .trim()
        .replace(/^type\s+/, "")
        .replace(/\s+as\s+.*$/, "")
    )
    .filter((item) => item.length > 0)

/** Checks every source file under `root`. */
export const checkTree = (root: string): ReadonlyArray<Violation> =>
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .toSorted()
    .flatMap((file) => checkFile(file.replaceAll(sep, "/"), readFileSync(join(root, file), "utf8")))

/** The rings as text: what each may import. Stands in `docs/architecture.md`. */
export const diagram = (): string => {
  const width = Math.max(...Object.keys(rings).map((name) => name.length))
  const sees = (ring: Ring) =>
    ring.sees.length === 0 && !ring.describes
      ? "imports no other ring"
      : ["->", ...ring.sees, ...(ring.describes ?? []).map((other) => `(${other})`)].join(" ")
  const reach = Math.max(...Object.values(rings).map((ring) => sees(ring).length))
  return Object.entries(rings)
    .map(([name, ring]) => `${name.padEnd(width)}  ${sees(ring).padEnd(reach)}  ${ring.role}`)
    .join("\n")
}

/** What the linter is told, so that an editor shows a wrong import at once; the same table in its words. */
export const lintOverrides = (): ReadonlyArray<object> =>
  Object.entries(rings)
    .filter(([name]) => !name.endsWith(".ts"))
    .map(([name, ring]) => ({
      files: [`src/${name}/**/*.${ring.files ?? "ts"}`],
      rules: {
        "no-restricted-imports": [
          "error",
          {
            patterns: [
              {
                group: Object.keys(rings)
                  .filter(
                    (other) =>
                      other !== name && !ring.sees.includes(other) && !ring.describes?.includes(other)
                  )
                  .map((other) => (other.endsWith(".ts") ? `../**/${other}` : `../**/${other}/**`)),
                message: `${name} may not import this ring; see docs/architecture.md.`
              }
            ]
          }
        ]
      }
    }))

if (import.meta.main) {
  const source = join(import.meta.dirname, "..", "src")
  if (process.argv.includes("--diagram")) process.stdout.write(`${diagram()}\n`)
  else if (process.argv.includes("--lint"))
    process.stdout.write(`${JSON.stringify(lintOverrides(), null, 2)}\n`)
  else {
    const violations = checkTree(source)
    for (const { file, fault, what } of violations) process.stderr.write(`src/${file}: ${fault} ${what}\n`)
    process.exitCode = violations.length === 0 ? 0 : 1
  }
}
