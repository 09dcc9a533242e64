/** Owns the words for what can be wrong with providers and their models. */
import { fault, warning } from "./FaultMeaning.ts"

/** Of the local one. */
export const providerFaults = {
  PROVIDER_REFUSED: fault(
    "Nobody listens at the provider's address.",
    "Start it, or correct its address: OLLAMA_HOST, or base_url in providers.yaml.",
    "ollama serve"
  ),
  PROVIDER_UNREACHABLE: fault(
    "The provider's address leads nowhere.",
    "Correct it: OLLAMA_HOST, or base_url in providers.yaml."
  ),
  PROVIDER_SILENT: fault(
    "Something takes connections at the provider's address and does not answer.",
    "Restart it, or correct the address: OLLAMA_HOST, or base_url in providers.yaml."
  ),
  PROVIDER_NOT_OLLAMA: fault(
    "Something else than Ollama answers at the provider's address.",
    "Correct the address: OLLAMA_HOST, or base_url in providers.yaml, without a path such as /v1."
  ),
  MODEL_MISSING: fault(
    "The provider does not have this model, and a mode has no other.",
    "Pull it, or name one that is there in routing_table.yaml.",
    "ollama pull {name}"
  ),
  MODEL_REMOTE: fault(
    "This model runs on somebody else's machines: text would leave this one, and be recorded as local.",
    "Name a model in routing_table.yaml that runs here."
  ),
  MODEL_CANNOT_CHAT: fault(
    "This model makes no text: it is for embeddings or the like.",
    "Name another one in routing_table.yaml."
  )
} as const

/** Of those that are asked over a protocol of the field. */
export const hostFaults = {
  HOST_KEY_MISSING: fault(
    "The environment has no usable key for a provider: no call is made to it.",
    "Set the variable to the key; another one is named with env_key_name in providers.yaml."
  ),
  HOST_KEY_UNNAMED: fault(
    "This provider is elsewhere, and no variable is named that has a key for it: no call is made to it.",
    "Name one with env_key_name in providers.yaml. If the address is of your own network, say so there with local: true."
  ),
  HOST_KEY_REFUSED: fault(
    "The provider does not accept the key, or its account may not make calls.",
    "Put the right key into the variable that env_key_name names in providers.yaml, or put the account in order."
  ),
  HOST_UNAVAILABLE: fault(
    "The provider cannot be reached, or says that it cannot answer.",
    "Start it, or correct its address: base_url in providers.yaml."
  ),
  HOST_SILENT: fault(
    "The provider does not answer.",
    "Look again later, or correct its address: base_url in providers.yaml."
  )
} as const

export const hostWarnings = {
  HOST_BUSY: warning("The provider takes no more calls for now.", "Look again later."),
  HOST_WITHOUT_LIST: warning(
    "Something answers at the provider's address, and does not say which models it has.",
    "If it has such a list, correct base_url in providers.yaml: with the version in its path, as in https://api.openai.com/v1."
  ),
  MODEL_UNLISTED: warning(
    "This model is not among those that the provider lists.",
    "If it has no such model, name another one in routing_table.yaml."
  )
} as const
