/** Owns what a refusal means that comes as status and JSON, as those of `openai` and `anthropic` and whoever speaks like them do. */
import { ProviderFailure } from "../../ports/Provider.ts"

const said = (code: ProviderFailure["code"], fallback: ProviderFailure["fallback"] = null): ProviderFailure =>
  new ProviderFailure({ code, fallback })

/**
 * Texts are looked for in the raw body, since every server words them in its own way. Whatever they say, a status below
 * 500 means that nothing was produced, and only another place may be asked, once, where that can help.
 */
export const refusal = (status: number, body: string): ProviderFailure => {
  if (status >= 500) return said("PROVIDER_UNAVAILABLE", "server_error")
  switch (status) {
    case 401:
    case 402:
    case 403:
      return said("PROVIDER_UNAUTHORIZED")
    case 429:
      return said(unpaid.test(body) ? "PROVIDER_UNAUTHORIZED" : "PROVIDER_RATE_LIMITED")
  }
  if (status < 400) return said("PROVIDER_BAD_RESPONSE")
  if (contextFull.test(body) || (status === 413 && body !== "")) {
    return said("CONTEXT_LIMIT_EXCEEDED", "context_overflow")
  }
  if (modelUnknown.test(body)) return said("PROVIDER_MODEL_NOT_FOUND", "model_not_found")
  if (filtered.test(body)) return said("PROVIDER_CONTENT_FILTERED")
  return said(unpaid.test(body) ? "PROVIDER_UNAUTHORIZED" : "PROVIDER_REJECTED")
}

const contextFull =
  /context_length_exceeded|exceed_context_size_error|maximum context length|exceeds? the (?:available )?context|exceed context limit|prompt is too long|request_too_large/u
const modelUnknown =
  /model_not_found|[Mm]odel [^"]{0,160}(?:not found|does not exist)|not_found_error[^}]{0,40}"model:|not a valid model/u
const filtered = /content_filter|content_policy_violation|responsibleaipolicyviolation/iu
const unpaid = /insufficient_quota|credit balance is too low|billing_hard_limit|billing_error/u
