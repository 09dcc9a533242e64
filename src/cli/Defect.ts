/** Owns where notes of bugs go: to standard error, and only for somebody who looks for them with `IO3_DEBUG` set. */
import { Config, Effect, Layer, Logger, References } from "effect"

const level = Layer.unwrap(
  Config.String("IO3_DEBUG").pipe(
    Effect.map(() => Layer.succeed(References.MinimumLogLevel, "Debug")),
    Effect.orElseSucceed(() => Layer.empty)
  )
)

/** Standard output is for data; what is logged holds no text of anybody. */
export const debugging = Layer.merge(level, Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]))
