#!/usr/bin/env node
// Written for any Node: an older one reads this file, and only this one.
var major = Number(process.versions.node.split(".")[0])
if (major < 24) {
  process.stderr.write("io3 needs Node 24 or later; this is Node " + process.versions.node + ".\n")
  process.exitCode = 2
} else {
  import("./cli.js")
}
