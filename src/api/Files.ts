/** Owns the endpoint that files are sent up to, for the runs and turns that refer to them. */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Count, Timestamp } from "../domain/Ids.ts"
import { FileRef, UPLOAD } from "../domain/server/Upload.ts"
import { MayRun } from "./Access.ts"
import { anywhere, problems } from "./Problem.ts"

/** No name and no text: whoever has sent it has both. */
export const UploadOutput = Schema.Struct({
  status: Schema.Literal("ok"),
  file_ref: FileRef,
  chars: Count,
  /** It has to be sent again after that, or after the server was begun anew. */
  expires_at: Timestamp
})

export class Files extends HttpApiGroup.make("files").add(
  HttpApiEndpoint.post("upload", UPLOAD, {
    /** The bytes of the file, as they are. */
    payload: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()),
    success: UploadOutput.pipe(HttpApiSchema.status(201)),
    error: problems(...anywhere, 413, 415)
  }).middleware(MayRun)
) {}
