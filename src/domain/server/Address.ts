/** Owns where a server may listen: nobody listens who has no `Address`, and there is none for one that anybody may use. */
import { Result } from "effect"
import type { Code } from "../Codes.ts"
import { isLoopback } from "./Admission.ts"

class Guarded {
  /** Told apart by identity alone. */
  readonly #isGuarded = true
  readonly host: string
  readonly port: number

  constructor(host: string, port: number) {
    this.host = host
    this.port = port
  }

  static is(value: object): value is Guarded {
    return #isGuarded in value
  }
}

/** An address that may be listened at. The class behind it is not exported. */
export type Address = Guarded

/**
 * Loopback is this machine's user's own. Any other address, and any that goes by further names (something passes requests on to
 * it), is for those who have a token, and there has to be one: `ADDRESS_UNGUARDED`.
 */
export const addressOf = (
  wish: { readonly host: string; readonly port: number; readonly names: ReadonlyArray<string> },
  hasToken: boolean
): Result.Result<Address, Code> =>
  hasToken || (isLoopback(wish.host) && wish.names.length === 0)
    ? Result.succeed(new Guarded(wish.host, wish.port))
    : Result.fail("ADDRESS_UNGUARDED")
