/** Owns runbooks for a search after words: a good one with words wherever a file has room for them, and those that are wrong. */
import type { words } from "./canary.ts"

type Words = typeof words

export const good = ({ step, payload, metadata }: Words): string => `# ${metadata}
runbook_id: rb-words
steps:
  - task_spec_id: ts-one
    mode: executor
    prompt: ${step} one
    memory_packs: [pack.words]
    metadata: { ${metadata}: [${metadata}, { at: ${metadata} }] }
  - task_spec:
      task_spec_id: ts-two
      mode: executor
      prompt: ${step} two
      memory_packs: []
      capabilities: [cap.echo_json]
      capability_payload: { ${payload}: ${payload} }
      metadata: null
  - mode: executor
    prompt: ${step} three
    memory_packs: []
    capabilities: [test.throws]
    capability_payload: { text: ${payload} }
`

/** Each with a word where it goes wrong. */
export const broken = ({ step, payload, metadata, typed }: Words): Readonly<Record<string, string>> => {
  const of = (lines: string) => `steps:\n  - mode: executor\n    prompt: ${step}\n${lines}`
  return {
    syntax: `steps: [${step}\n  "${typed}: {`,
    json: `{"steps": [{"mode": "executor", "prompt": "${step}" "${typed}"}]}`,
    "no list": `steps: ${typed}\n`,
    "unknown key": of(`    ${typed}: ${metadata}\n`),
    "unknown key above": `${typed}: 1\n${of("")}`,
    "key twice": of(`    metadata: { ${typed}: 1, ${typed}: 2 }\n`),
    alias: of(`    metadata: { a: &${typed} ${metadata}, b: *${typed} }\n`),
    tag: of(`    metadata: !${typed} ${metadata}\n`),
    "wrong payload": of(`    capabilities: [cap.echo_json]\n    capability_payload: ${payload}\n`),
    "payload of nothing": of(`    capability_payload: { ${payload}: 1 }\n`),
    "several capabilities": of(`    capabilities: [${typed}, ${typed}-too]\n`),
    "wrong condition": of(`    when: { key: ${typed}, value: ${metadata} }\n`),
    "wrong operator": of(`    when: { key: session_mode, op: ${typed}, value: work }\n`),
    "wrong mode": `steps:\n  - mode: [${typed}]\n    prompt: ${step}\n`,
    "wrong prompt": `steps:\n  - mode: executor\n    prompt: { ${step}: ${typed} }\n`,
    "no text": `steps:\n  - mode: executor\n    prompt: "${step}\\0"\n`,
    empty: `# ${metadata}\n`,
    "too many": `steps:\n${`  - { mode: executor, prompt: ${step} }\n`.repeat(21)}`
  }
}
