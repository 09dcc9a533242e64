#!/usr/bin/env node
// Written for any Node: an older one reads this file, and only this one.
var major = Number(process.versions.node.split(".")[0])
if (major < 24) {
  process.stderr.write("io3 needs Node 24 or later; this is Node " + process.versions.node + ".\n")
  process.exitCode = 2
} else {
  keepCompiled()
  import("./cli.js")
}

// What was compiled once is read from there the next time. It is code that runs: no folder that another user has a hand
// in will do, and without one of this user's own, or where Node was told otherwise, every start compiles anew.
function keepCompiled() {
  try {
    var code = process.getBuiltinModule("node:module")
    if (code.getCompileCacheDir() !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE) return
    var fs = process.getBuiltinModule("node:fs")
    var path = process.getBuiltinModule("node:path")
    var wished = process.env.XDG_CACHE_HOME || ""
    var home = process.getBuiltinModule("node:os").homedir()
    var caches = path.isAbsolute(wished) ? wished : path.join(home, ".cache")
    var folder = path.join(caches, "io-iii")
    if (!isOwn(fs.statSync(path.dirname(caches))) && !fs.existsSync(caches)) return
    fs.mkdirSync(caches, { recursive: true, mode: 448 })
    if (!isOwn(fs.statSync(caches))) return
    fs.mkdirSync(folder, { recursive: true, mode: 448 })
    var found = fs.lstatSync(folder)
    if (isOwn(found) && (found.mode & 63) === 0) code.enableCompileCache(folder)
  } catch {
    // A start that takes longer is no failure.
  }
}

// Nobody else owns it, and not everybody may write to it. Where there are no owners, nothing is known to be one's own.
function isOwn(found) {
  return found.isDirectory() && process.getuid && found.uid === process.getuid() && (found.mode & 2) === 0
}
