/** Checks whose machine an address is held to be of, whose key goes there, and what crosses a foreign network in clear. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { BaseUrl, below, isOwn } from "../../../src/domain/config/Address.ts"
import { ProvidersFile } from "../../../src/domain/config/Settings.ts"
import { whereabouts } from "../../../src/domain/config/Whereabouts.ts"

const own = [
  "http://localhost:8080",
  "http://model.localhost/v1",
  "http://127.0.0.1:8080/v1",
  "http://127.9.9.9",
  "http://0x7f.1:80",
  "http://2130706433",
  "http://10.0.0.7:1234",
  "http://172.16.0.1",
  "http://172.31.255.255",
  "http://192.168.1.20:8000/v1",
  "http://[::1]:8080",
  "http://[fd00::1]/v1"
]
const foreign = [
  "http://api.openai.com",
  "http://8.8.8.8",
  "http://172.15.0.1",
  "http://172.32.0.1",
  "http://192.169.0.1",
  "http://169.254.169.254",
  "http://0.0.0.0:80",
  "http://127.0.0.1.example.com",
  "http://localhost.example.com",
  "http://mylocalhost",
  "http://gpu-box:8000",
  "http://10.example.com",
  "http://[::ffff:127.0.0.1]",
  "http://[2001:db8::1]",
  "http://["
]

const decode = Schema.decodeUnknownResult(ProvidersFile)
const accepts = (name: string, entry: object): boolean =>
  Result.isSuccess(
    decode({
      providers: { [name]: { enabled: true, ...entry } },
      policies: { allow_implicit_cloud_fallback: false }
    })
  )

describe("where a provider is", () => {
  it("is here only where its address says so by its letters", () => {
    for (const address of own) assert.isTrue(isOwn(BaseUrl.make(address)), address)
    for (const address of foreign) assert.isFalse(isOwn(BaseUrl.make(address)), address)
  })

  it("is a cloud unless it is known to be local, or declared", () => {
    assert.isFalse(whereabouts("openai").local)
    assert.isFalse(whereabouts("anthropic").local)
    const base_url = BaseUrl.make("http://127.0.0.1:8080")
    assert.isTrue(whereabouts("anthropic", { base_url }).local)
    // What listens here may pass everything on.
    assert.isFalse(whereabouts("openai", { base_url, local: false }).local)
    assert.isTrue(whereabouts("openai", { base_url: BaseUrl.make("http://gpu-box"), local: true }).local)
  })

  it("gets the key that is named for it, and the service's own alone at the service", () => {
    const at = (address?: string) =>
      whereabouts("openai", address === undefined ? {} : { base_url: BaseUrl.make(address) }).keyName
    assert.strictEqual(at(), "OPENAI_API_KEY")
    assert.strictEqual(at("https://api.openai.com/v1/"), "OPENAI_API_KEY")
    for (const address of [
      "http://api.openai.com",
      "https://api.openai.com.example.com/v1",
      "https://api.openai.com:444",
      "http://127.0.0.1:1"
    ]) {
      assert.isNull(at(address), address)
    }
  })

  it("is spoken to in clear on this machine or network alone", () => {
    for (const address of own) assert.isTrue(accepts("openai", { base_url: address }), address)
    for (const address of foreign) {
      assert.isFalse(accepts("openai", { base_url: address }), address)
      assert.isFalse(accepts("mine", { base_url: address, local: false }), address)
      assert.isTrue(accepts("openai", { base_url: address, local: true }), address)
    }
    assert.isTrue(accepts("anthropic", { base_url: "https://gateway.example/v1" }))
  })

  it("has no credentials in its address, and the name of a variable where a key might be pasted", () => {
    for (const address of ["https://me:secret@host/v1", "https://key@host", "https://host/?key=1"]) {
      assert.isFalse(accepts("openai", { base_url: address }), address)
    }
    for (const name of ["sk-proj-abc", "abcdef0123456789", "IO3_MASTER_KEY", "A B", ""]) {
      assert.isFalse(accepts("openai", { env_key_name: name }), name)
    }
    assert.isTrue(accepts("openai", { env_key_name: "GROQ_API_KEY" }))
  })

  it("has a path of its own, or the usual one", () => {
    const url = (address: string) => below(BaseUrl.make(address), "/models", "/v1")
    assert.strictEqual(url("http://h:1"), "http://h:1/v1/models")
    assert.strictEqual(url("http://h:1//"), "http://h:1/v1/models")
    assert.strictEqual(url("http://h:1/api/v2/"), "http://h:1/api/v2/models")
  })
})
