/** Owns the names that requests are written with, for programs that ask a server and carry none. */
export { CapabilityId, Mode, PackId, RunId, SessionId } from "../domain/Ids.ts"
