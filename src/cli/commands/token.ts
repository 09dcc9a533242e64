/** Owns how `io3 token` is typed. */
import { Argument, Command, Flag } from "effect/cli"
import { Role } from "../../domain/access/Role.ts"
import { configuredForm, Principal } from "../../domain/Ids.ts"
import { ahead } from "../Moment.ts"
import { originOf } from "../Origin.ts"
import { onDemand } from "../OnDemand.ts"

const create = Command.make(
  "create",
  {
    name: Flag.String("name").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription(`Whose it is: ${configuredForm}; runs are recorded under it`),
      Flag.withSchema(Principal)
    ),
    role: Flag.Literals("role", Role.literals).pipe(
      Flag.withDescription("operator runs, steward decides about what is held, viewer sees what is on record")
    ),
    expires: Flag.String("expires").pipe(
      Flag.withMetavar("TIME"),
      Flag.withDescription(
        "When it ends: 90m, 12h or 30d from now, 2026-01-31 or 2026-01-31T12:00; else never"
      ),
      Flag.filterMap(ahead, () => "not a time"),
      Flag.optional
    )
  },
  onDemand(({ token }) => token.create)
).pipe(
  Command.withDescription("Make a token and print it, this once; from then on io3 serve wants one"),
  Command.withExamples([{ command: "io3 token create --name alice --role operator --expires 30d" }])
)

const list = Command.make(
  "list",
  {},
  onDemand(({ token }) => token.list)
).pipe(Command.withDescription("List tokens, the newest first, without the tokens themselves"))

const revoke = Command.make(
  "revoke",
  {
    token: Argument.String("id").pipe(
      Argument.withDescription("A token's id, or as much of it as is unique; not the token itself")
    )
  },
  onDemand(({ token }) => token.revoke)
).pipe(Command.withDescription("Have a token count no more, and end what was open with it"))

const login = Command.make(
  "login",
  {
    token: Argument.String("id").pipe(
      Argument.withDescription("A token's id, or as much of it as is unique; not the token itself")
    ),
    at: Flag.String("at").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription(
        "Where the browser finds the server, scheme and host, as https://io.example; else http://127.0.0.1:8080"
      ),
      Flag.filterMap(originOf, () => "not the address of a server"),
      Flag.withDefault("http://127.0.0.1:8080")
    )
  },
  onDemand(({ token }) => token.login)
).pipe(
  Command.withDescription(
    "Print an address at which a browser is let in as the token's holder, once and within ten minutes"
  ),
  Command.withExamples([{ command: "io3 token login 0190a2b4 --at https://io.example" }])
)

export const token = Command.make("token").pipe(
  Command.withDescription("Look after the tokens that io3 serve lets people and programs in by"),
  Command.withSubcommands([create, list, login, revoke])
)
