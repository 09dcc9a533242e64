/** Owns what is recorded of a request when it is accepted; its texts are kept for the same commit. */
import type { Content } from "../../domain/Content.ts"
import type { RunAccepted } from "../../domain/Event.ts"
import { ContentId, type Digest } from "../../domain/Ids.ts"
import { recordClient } from "../../domain/run/ClientContext.ts"
import { recordGeneration } from "../../domain/run/Generation.ts"
import type { OnUnavailable } from "../../domain/run/Verdict.ts"
import { asked } from "../capability/Invocation.ts"
import type { Governed } from "./Request.ts"
import type { RunLog } from "./RunLog.ts"

const PROMPT = ContentId.make("prompt")
const FILE = ContentId.make("file")

export const acceptance = (
  log: Pick<RunLog, "run" | "seal">,
  request: Governed,
  configDigest: Digest,
  onUnavailable: OnUnavailable
): typeof RunAccepted.Type => {
  const { mode, audit, principal, surface, checks, prompt, file, turn, step, source, memory } = request
  const { client, generation } = request
  const promptDigest = log.seal(PROMPT, prompt)
  if (file) log.seal(FILE, file)
  const keep = (id: ContentId, text: Content) => ({ digest: log.seal(id, text), chars: text.length })
  return {
    _tag: "RunAccepted",
    run: log.run,
    mode,
    audit,
    onUnavailable,
    principal,
    surface,
    checks,
    configDigest,
    promptDigest,
    promptChars: prompt.length,
    ...(turn && { turn }),
    ...(step && { step }),
    ...(request.capability && { capability: asked(log, request.capability) }),
    ...(memory && { packs: memory.packs }),
    ...(source && { source }),
    ...(client && { client: recordClient(client, keep) }),
    ...(generation && { generation: recordGeneration(generation, keep) })
  }
}
