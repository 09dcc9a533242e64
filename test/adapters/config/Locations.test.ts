/** Owns where data and configuration are looked for. */
import { assert, describe, it } from "@effect/vitest"
import { locate, type Surroundings } from "../../../src/adapters/config/Locations.ts"

const around = (change: Partial<Surroundings>) =>
  locate({
    workingDirectory: "/srv/here",
    home: "/home/ada",
    environment: {},
    data: null,
    configDirectory: null,
    isDirectory: () => false,
    ...change
  })

describe("locations", () => {
  it("follow the XDG base directories", () => {
    assert.deepStrictEqual(around({}), {
      data: "/home/ada/.local/share/io3",
      userConfig: "/home/ada/.config/io3",
      projectConfig: "/srv/here/.io3/config",
      named: false,
      trusted: "/home/ada/.local/state/io3/trusted.json"
    })
    const environment = { XDG_DATA_HOME: "/d", XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "relative" }
    const found = around({ environment })
    assert.deepStrictEqual(
      [found.data, found.userConfig, found.trusted],
      ["/d/io3", "/c/io3", "/home/ada/.local/state/io3/trusted.json"]
    )
  })

  it("put --data before IO3_DATA before a folder of the project before the user's", () => {
    const isDirectory = (path: string) => path === "/srv/here/.io3"
    const environment = { IO3_DATA: "there" }
    assert.strictEqual(around({ isDirectory, environment, data: "../flag" }).data, "/srv/flag")
    assert.strictEqual(around({ isDirectory, environment }).data, "/srv/here/there")
    assert.strictEqual(around({ isDirectory, environment: { IO3_DATA: "" } }).data, "/srv/here/.io3")
    assert.strictEqual(around({ environment: { XDG_DATA_HOME: "/d" } }).data, "/d/io3")
  })

  it("take a named configuration folder in place of the project's", () => {
    const found = around({ configDirectory: "conf" })
    assert.deepStrictEqual([found.projectConfig, found.named], ["/srv/here/conf", true])
  })
})
