/** Owns the shapes in which an installation tells of itself as JSON; they change by addition alone. */
import { Schema } from "effect"
import { origins } from "../../domain/config/Origin.ts"
import { FileName } from "../../domain/config/Settings.ts"

/** Null where the persona has none. */
export const GreetingOutput = Schema.Struct({ greeting: Schema.NullOr(Schema.String) })

/** Every value of the configuration that is set. */
export const ConfigOutput = Schema.Array(
  Schema.Struct({
    file: FileName,
    key: Schema.String,
    value: Schema.String,
    origin: Schema.Literals(origins)
  })
)

/** `io3 serve`, once it listens. */
export const ServingOutput = Schema.Struct({
  url: Schema.String,
  /** Whether texts leave over HTTP. */
  content_release: Schema.Boolean,
  /** Whether no mode has a model. */
  stand_in: Schema.Boolean,
  /** Whether nobody comes in without a token. */
  tokens_required: Schema.Boolean
})
