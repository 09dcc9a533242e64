/** Owns how load is put on a server: one request after the other, many at once, or so many a second whatever becomes of them. */
import { Connection, type Reply } from "./talk.ts"

export interface Target {
  readonly name: string
  readonly url: string
  /** The same question as each of them is asked it. */
  readonly request: Buffer
}

const sound = (reply: Reply, name: string): Reply => {
  if (reply.status !== 200) throw new Error(`${name} answered ${reply.status}`)
  return reply
}

export const connections = (url: string, count: number): Promise<ReadonlyArray<Connection>> =>
  Promise.all(Array.from({ length: count }, () => Connection.to(url)))

const closing = async <A>(all: ReadonlyArray<Connection>, use: () => Promise<A>): Promise<A> => {
  try {
    return await use()
  } finally {
    for (const connection of all) connection.close()
  }
}

/** Milliseconds of each of so many requests, one after the other on one connection. */
export const sequential = async (
  { name, url, request }: Target,
  times: number,
  mark?: string
): Promise<ReadonlyArray<Reply>> => {
  const all = await connections(url, 1)
  return closing(all, async () => {
    const replies: Array<Reply> = []
    // oxlint-disable-next-line no-await-in-loop -- one at a time is what is measured
    for (let i = 0; i < times; i++) replies.push(sound(await all[0]!.ask(request, mark), name))
    return replies
  })
}

/** Requests a second with so many connections that never rest. */
export const crowd = async (
  { name, url, request }: Target,
  count: number,
  millis: number
): Promise<number> => {
  const all = await connections(url, count)
  return closing(all, async () => {
    const start = performance.now()
    let done = 0
    const work = async (connection: Connection) => {
      while (performance.now() - start < millis) {
        // oxlint-disable-next-line no-await-in-loop -- a connection has one request at a time
        sound(await connection.ask(request), name)
        done++
      }
    }
    await Promise.all(all.map(work))
    return (done / (performance.now() - start)) * 1000
  })
}

export interface Paced {
  /** Answered with anything but 200: beyond what it bears, a server may refuse. */
  readonly refused: number
  /** Answered in a second. */
  readonly perSecond: number
  /** Milliseconds from when each was due. */
  readonly taken: ReadonlyArray<number>
}

/** So many a second, each when it is due; one that finds no connection free waits, and its waiting counts. */
export const paced = async (
  { url, request }: Target,
  perSecond: number,
  millis: number,
  most: number
): Promise<Paced> => {
  const free = [...(await connections(url, most))]
  const all = [...free]
  return closing(all, async () => {
    const start = performance.now()
    const taken: Array<number> = []
    const wanted = Math.round((perSecond * millis) / 1000)
    const dueAt = (index: number) => start + (index * 1000) / perSecond
    let [asked, answered] = [0, 0]
    await new Promise<void>((resolve, reject) => {
      const next = () => {
        while (asked < wanted && free.length > 0 && performance.now() >= dueAt(asked)) {
          const connection = free.pop()!
          const due = dueAt(asked++)
          connection.ask(request).then((reply) => {
            if (reply.status === 200) taken.push(performance.now() - due)
            free.push(connection)
            if (++answered === wanted) resolve()
            else next()
          }, reject)
        }
      }
      const timer = setInterval(() => (answered === wanted ? clearInterval(timer) : next()), 1)
    })
    return {
      perSecond: (taken.length / (performance.now() - start)) * 1000,
      refused: answered - taken.length,
      taken
    }
  })
}
