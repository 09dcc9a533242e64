/** Owns whether a server has a model, and what still stands between it and one. */
import type { Answer } from "../server/contract.ts"

type Routes = Answer<"system.routes">
type Diagnosis = Answer<"system.doctor">
type Config = Answer<"system.config">

/**
 * `none`: nothing is configured. `offline`: it was started so that it uses none. `restart`: a model is configured now, and the
 * server runs with what it read when it started. `there`: some mode has one.
 */
export type Models = "there" | "none" | "offline" | "restart"

export const modelsOf = (routes: Routes, diagnosis: Diagnosis | null, config: Config | null): Models => {
  if (routes.some(({ route }) => route.selected !== null)) return "there"
  const isOffline =
    config?.some(
      ({ key, value, origin }) => origin === "flag" && key.endsWith(".enabled") && value === "false"
    ) ?? false
  if (isOffline) return "offline"
  return diagnosis !== null && diagnosis.findings.every(({ fault }) => fault !== "PROVIDER_NONE")
    ? "restart"
    : "none"
}

export type System = "linux" | "mac" | "windows"

/** Which system a browser runs on, as far as it says so: most likely the server's, too. */
export const systemOf = (platform: string): System => {
  if (/mac|iphone|ipad/iu.test(platform)) return "mac"
  return /win/iu.test(platform) ? "windows" : "linux"
}
