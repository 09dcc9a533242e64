/** Owns what a client gave and wanted, read again from the record of a run and its sealed texts. */
import { Effect } from "effect"
import type { Content } from "../../domain/Content.ts"
import type { RunAccepted } from "../../domain/Event.ts"
import type { ContentId, Digest } from "../../domain/Ids.ts"
import { clientFrom, textsOfClient } from "../../domain/run/ClientContext.ts"
import { generationFrom, textsOfGeneration } from "../../domain/run/Generation.ts"
import type { NamedText } from "../../domain/run/Kept.ts"
import type { Wanted } from "./Request.ts"

type Recorded = Pick<typeof RunAccepted.Type, "client" | "generation">

/** The texts of it that are sealed beside the run. */
export const textsOfWanted = ({ client, generation }: Recorded): ReadonlyArray<NamedText> => [
  ...(client ? textsOfClient(client) : []),
  ...(generation ? textsOfGeneration(generation) : [])
]

/** All of it, or null where the texts are not those of the record. */
export const wantedIn = <E>(
  recorded: Recorded,
  textOf: (id: ContentId, digest: Digest) => Effect.Effect<Content, E>
): Effect.Effect<Wanted | null, E> =>
  Effect.map(
    Effect.forEach(textsOfWanted(recorded), ({ id, digest }) =>
      Effect.map(textOf(id, digest), (text) => [id, text] as const)
    ),
    (found) => {
      const texts = new Map<ContentId, Content>(found)
      const find = (id: ContentId) => texts.get(id)
      const client = recorded.client ? clientFrom(recorded.client, find) : null
      const generation = recorded.generation ? generationFrom(recorded.generation, find) : null
      const isWhole = (client !== null || !recorded.client) && (generation !== null || !recorded.generation)
      return isWhole ? { client, generation } : null
    }
  )
