/** Owns the endpoints by which the page logs in and out, and learns who it asks for. Tokens themselves are the command line's. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Role } from "../domain/access/Role.ts"
import { Principal } from "../domain/Ids.ts"
import { LOGIN } from "../domain/server/Admission.ts"
import { Anybody, MaySee } from "./Access.ts"
import { anywhere, problems } from "./Problem.ts"

/** What is behind `#/login/` in what `io3 token login` prints. */
const Offer = Schema.Struct({ secret: Schema.String.check(Schema.isMaxLength(128)) })

export const CallerOutput = Schema.Struct({
  principal: Principal,
  /** Null for the user of this machine, who may do everything. */
  role: Schema.NullOr(Role),
  /** Whether nobody comes in without a token. */
  closed: Schema.Boolean,
  /** Whether text leaves over HTTP. */
  content_release: Schema.Boolean,
  version: Schema.String
})

export class Logins extends HttpApiGroup.make("logins").add(
  /** Uses the secret up; the cookie that comes with the answer stands for its token from then on. */
  HttpApiEndpoint.post("login", LOGIN, {
    payload: Offer,
    success: HttpApiSchema.NoContent,
    error: problems(400, 401, 403, 415, 421, 500, 503)
  }).middleware(Anybody),
  /** The cookie that is shown counts no more, and what was open by it ends. */
  HttpApiEndpoint.post("logout", "/logout", {
    success: HttpApiSchema.NoContent,
    error: problems(403, 421, 500, 503)
  }).middleware(Anybody),
  HttpApiEndpoint.get("whoami", "/whoami", {
    success: CallerOutput,
    error: problems(...anywhere)
  }).middleware(MaySee)
) {}
