/** Checkpoints in Amazon S3 and object stores that speak its protocol. */
import {
  CHECKPOINT_STORE,
  bindClass,
  checkpointStoreClass,
  defineModule,
  type Module,
} from "@tributary/core";

import { S3CheckpointStore } from "./s3-checkpoint-store.js";

export { S3CheckpointStore };

/** The module `store-s3`: `--checkpoint s3://BUCKET/PREFIX`. @public */
export const storeS3: Module = defineModule({
  name: "store-s3",
  version: "0.1.0",
  file: import.meta.url,
  classes: { [checkpointStoreClass("s3")]: bindClass(CHECKPOINT_STORE, S3CheckpointStore) },
});
