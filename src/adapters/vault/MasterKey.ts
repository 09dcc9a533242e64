/** Owns the one secret everything else is locked with: as written in the environment, or in a private file made on first use. */
import { createSecretKey, type KeyObject } from "node:crypto"
import type { Pass } from "../WritePoint.ts"
import { keyFile } from "./KeyFile.ts"

const file = keyFile("master.key", "VAULT_KEY_INVALID")

export const parse = (text: string): KeyObject => createSecretKey(file.parse(text))

export const read = (directory: string): KeyObject => createSecretKey(file.read(directory))

export const readOrCreate = (directory: string, at?: Pass): KeyObject =>
  createSecretKey(file.readOrCreate(directory, at))
