/** Owns the plainest relay that Node can be: what comes in goes up, and what comes down goes out. */
import { Agent, createServer, request } from "node:http"

const upstream = `${process.argv[2]}/api/chat`
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

const server = createServer((incoming, outgoing) => {
  const pieces: Array<Buffer> = []
  incoming.on("data", (piece: Buffer) => pieces.push(piece))
  incoming.on("end", () => {
    const body = Buffer.concat(pieces)
    const headers = { "content-type": "application/json", "content-length": body.length }
    request(upstream, { method: "POST", agent, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, { "content-type": "application/x-ndjson" })
      reply.pipe(outgoing)
    })
      .on("error", () => outgoing.destroy())
      .end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}\n`)
})
