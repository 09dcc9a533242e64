/** Owns where the chance of each property begins: with the seed of the campaign. */
import * as fc from "fast-check"
import { SEED } from "./campaign.ts"

fc.configureGlobal({ seed: SEED })
