/** Owns where a configured provider is: its address, whether that is this machine or network, and which variable has its key. */
import { BaseUrl, isOwn, isSameHost } from "./Address.ts"
import { KeyName, type ProviderEntry } from "./Settings.ts"

export interface Whereabouts {
  readonly baseUrl: BaseUrl
  /** Whether text stays on this machine or network. What is not known to be local is not. */
  readonly local: boolean
  /** The variable that has the key; null where none is named. */
  readonly keyName: KeyName | null
  /** Whether it is the service that the provider is named after. */
  readonly usual: boolean
}

interface Usual {
  readonly baseUrl: BaseUrl
  readonly keyName: KeyName
}

const usual = (baseUrl: string, keyName: string): Usual => ({
  baseUrl: BaseUrl.make(baseUrl),
  keyName: KeyName.make(keyName)
})

/** The services that are meant where the configuration names no address. */
export const services = {
  openai: usual("https://api.openai.com/v1", "OPENAI_API_KEY"),
  anthropic: usual("https://api.anthropic.com", "ANTHROPIC_API_KEY")
} as const
export type Service = keyof typeof services

/** A service's own key goes to nobody else: for another address the variable has to be named. */
export const whereabouts = (name: Service, entry: Partial<ProviderEntry> = {}): Whereabouts => {
  const service = services[name]
  const { base_url: baseUrl = service.baseUrl } = entry
  const isUsual = isSameHost(baseUrl, service.baseUrl)
  return {
    baseUrl,
    local: entry.local ?? isOwn(baseUrl),
    keyName: entry.env_key_name ?? (isUsual ? service.keyName : null),
    usual: isUsual
  }
}
