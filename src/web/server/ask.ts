/** Owns how the server is asked for one answer: a problem comes as a typed refusal, and so does silence. */
import { signal } from "@preact/signals"
import type { Answer, Body, Code, Problem } from "./contract.ts"
import { lineOf, type Places, type Used } from "./lines.ts"

/** Why there is no answer: a problem of the server, or null where none came from it. */
export class Refusal extends Error {
  readonly problem: Problem | null
  readonly status: number

  constructor(problem: Problem | null, status: number) {
    super(problem?.code ?? "SERVER_UNREACHABLE")
    this.problem = problem
    this.status = status
  }

  get code(): Code | "SERVER_UNREACHABLE" {
    return this.problem?.code ?? "SERVER_UNREACHABLE"
  }

  /** Whether the same request, under the same key, may be sent again. */
  get retryable(): boolean {
    return this.problem === null || this.problem.retryable
  }
}

export interface Asked<Name extends Used> {
  readonly places?: Places
  readonly query?: Places
  readonly body?: Body<Name>
  /** Under which a request that runs something has one effect, however often it is sent. */
  readonly key?: string
  readonly signal?: AbortSignal
  /** Whether it goes on when the page is left; what it says has to be small then. */
  readonly keepalive?: boolean
}

/** A key for a request that runs something. It is kept for as long as that request is tried. */
export const newKey = (): string => crypto.randomUUID()

/** How often the server has said that it does not know who asks: whoever shows that looks again. */
export const timesUnknown = signal(0)

const problemIn = async (response: Response): Promise<Problem | null> => {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return null
  return (await response.json()) as Problem
}

/** The response as it comes, if it is none of a refusal. Throws `Refusal`, or what `signal` was aborted with. */
export const respond = async <Name extends Used>(
  operation: Name,
  { places, query, body, key, signal, keepalive = false }: Asked<Name>,
  headers: Readonly<Record<string, string>>
): Promise<Response> => {
  const { method, url } = lineOf(operation, places, query)
  return answered(url, {
    method,
    keepalive,
    headers: {
      ...headers,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { "idempotency-key": key })
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal })
  })
}

/**
 * A response that is none of a refusal: all that the page asks goes through here. It says whose page asks, for a browser that says
 * nothing of where a request comes from. Throws `Refusal`, or what `signal` was aborted with.
 */
export const answered = async (
  url: string,
  { headers, ...request }: RequestInit & { readonly headers: Readonly<Record<string, string>> }
): Promise<Response> => {
  const response = await fetch(url, { ...request, headers: { ...headers, "x-io3-page": "1" } }).catch(() => {
    request.signal?.throwIfAborted()
    throw new Refusal(null, 0)
  })
  if (response.status === 401) timesUnknown.value += 1
  if (!response.ok) throw new Refusal(await problemIn(response).catch(() => null), response.status)
  return response
}

/** An operation's answer. Throws `Refusal`, or what `signal` was aborted with. */
export const ask = async <Name extends Used>(
  operation: Name,
  asked: Asked<Name> = {}
): Promise<Answer<Name>> => {
  const response = await respond(operation, asked, { accept: "application/json" })
  return (await response.json()) as Answer<Name>
}

/** Sends the bytes of a file up, as they are. Throws `Refusal`. */
export const sendUp = async (file: Blob): Promise<Answer<"files.upload">> => {
  const { method, url } = lineOf("files.upload")
  const headers = { accept: "application/json", "content-type": "application/octet-stream" }
  const response = await answered(url, { method, headers, body: file })
  return (await response.json()) as Answer<"files.upload">
}
