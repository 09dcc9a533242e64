/** Issues, lists and revokes tokens as a person does, and looks where a token is afterwards. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { IssuedOutput, RevokedOutput, TokensOutput } from "../../src/api/results/TokenResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { bytesUnder, home, io3, parse, shell, slowly } from "../support/io3.ts"
import { program as verifier } from "../support/verifier.ts"

describe("io3 token", slowly, () => {
  it.live("shows a token once, keeps none, and says what became of each", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const none = yield* io3(where, ["token", "list"])
      assert.deepStrictEqual([none.code, none.stdout, none.stderr], [0, "There are no tokens.\n", ""])
      assert.strictEqual(bytesUnder(where.root).size, 0)
      const create = (...args: ReadonlyArray<string>) => io3(where, ["token", "create", ...args])
      const plain = yield* create("--name", "alice", "--role", "operator", "--expires", "30d")
      assert.match(plain.stdout, /^io3_[A-Za-z0-9_-]{43}\n$/u)
      assert.match(plain.stderr, /^operator alice, until \d{4}-\d\d-\d\dT[^ ]+\. It is not shown again: /u)
      assert.notInclude(plain.stderr, plain.stdout.trim())
      const made = yield* create("--name", "ci/deploy", "--role", "viewer", "-o", "json")
      const issued = parse(IssuedOutput, made.stdout)
      assert.deepStrictEqual(
        [String(issued.name), issued.role, issued.status, issued.expires_at],
        ["ci/deploy", "viewer", "valid", null]
      )
      assert.strictEqual(made.stderr, "")
      const revoked = yield* io3(where, ["token", "revoke", issued.id, "-o", "json"])
      assert.deepInclude(parse(RevokedOutput, revoked.stdout), { id: issued.id, status: "revoked" })
      const again = yield* io3(where, ["token", "revoke", issued.id, "-o", "json"])
      assert.strictEqual(again.stdout, revoked.stdout)
      const listed = yield* io3(where, ["token", "list", "-o", "json"])
      const { tokens } = parse(TokensOutput, listed.stdout)
      assert.deepStrictEqual(
        tokens.map(({ name, status }) => `${name} ${status}`),
        ["ci/deploy revoked", "alice valid"]
      )
      const shown = yield* io3(where, ["ledger", "show", "tokens"])
      assert.match(shown.stdout, /TokenIssued[^\n]*alice · operator · until [^]*TokenRevoked/u)
      assert.isNull(
        parse(Verification, (yield* io3(where, ["ledger", "verify", "-o", "json"])).stdout).broken
      )
      yield* io3(where, ["ledger", "export", "all.ndjson"])
      const checked = yield* shell(where, `'${process.execPath}' '${verifier}' all.ndjson`)
      assert.match(checked.stdout, /everything holds; rows 3, streams 1/u)
      for (const text of [plain.stdout.trim(), issued.token]) {
        for (const { stdout, stderr } of [listed, shown, revoked]) assert.notInclude(stdout + stderr, text)
        for (const [path, bytes] of bytesUnder(where.root)) assert.strictEqual(bytes.indexOf(text), -1, path)
      }
    })
  )

  it.live("lets a page in by an address that is shown once, and is in no record", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const made = yield* io3(where, ["token", "create", "--name", "a", "--role", "viewer", "-o", "json"])
      const { id } = parse(IssuedOutput, made.stdout)
      const plain = yield* io3(where, ["token", "login", id])
      assert.match(plain.stdout, /^http:\/\/127\.0\.0\.1:8080\/#\/login\/io3_[A-Za-z0-9_-]{43}\n$/u)
      assert.match(plain.stderr, /^For viewer a, once, until \d{4}-[^ ]+Z\. It is not shown again\.\n$/u)
      const other = yield* io3(where, ["token", "login", id, "--at", "HTTPS://Io.Example:443/"])
      assert.match(other.stdout, /^https:\/\/io\.example\/#\/login\/io3_/u)
      const secrets = [plain, other].map(({ stdout }) => stdout.trim().split("/login/")[1] ?? "")
      assert.strictEqual(new Set(secrets).size, 2)
      const shown = yield* io3(where, ["ledger", "show", "tokens"])
      assert.strictEqual(shown.stdout.match(new RegExp(`LoginOffered.*with ${id}`, "gu"))?.length, 2)
      for (const secret of secrets)
        for (const [path, bytes] of bytesUnder(where.root))
          assert.strictEqual(bytes.indexOf(secret), -1, path)
    })
  )

  it.live("refuses what is no token to be, and repeats nothing that was typed", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const refusals: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
        [["create", "--name", "local", "--role", "viewer"], 2, /^TOKEN_NAME_INVALID: /u],
        [
          ["create", "--name", "a b canary", "--role", "viewer"],
          2,
          /^Invalid value for --name \(NAME\): .*letters, digits and/u
        ],
        [
          ["create", "--name", "a", "--role", "canary"],
          2,
          /^Invalid value for --role: .*\(choices: operator, steward, viewer\)\n/u
        ],
        [
          ["create", "--name", "a", "--role", "viewer", "--expires", "canary"],
          2,
          /^Invalid value for --expires \(TIME\): .*90m, 12h or 30d from now/u
        ],
        [
          ["create", "--name", "a", "--role", "viewer", "--expires", "2001-01-01"],
          2,
          /^TOKEN_EXPIRY_INVALID: /u
        ],
        [["create", "--role", "viewer"], 2, /^Missing option --name \(NAME\): /u],
        [["create", "--name", "a"], 2, /^Missing option --role: /u],
        [["revoke", "canary"], 1, /^TOKEN_NOT_FOUND: /u],
        [["revoke", ""], 1, /^TOKEN_NOT_FOUND: /u],
        [["login", "canary"], 1, /^TOKEN_NOT_FOUND: /u],
        [["login", "0", "--at", "http://canary/path"], 2, /^Invalid value for --at \(URL\): .*https:/u]
      ]
      for (const [args, code, said] of refusals) {
        const ended = yield* io3(where, ["token", ...args])
        assert.match(ended.stderr, said, args.join(" "))
        assert.deepStrictEqual([ended.code, ended.stdout], [code, ""], args.join(" "))
        assert.notInclude(ended.stderr, "canary")
      }
      for (const name of ["a", "b"])
        yield* io3(where, ["token", "create", "--name", name, "--role", "viewer"])
      const both = yield* io3(where, ["token", "revoke", "0"])
      assert.match(both.stderr, /^TOKEN_AMBIGUOUS: /u)
    })
  )
})
