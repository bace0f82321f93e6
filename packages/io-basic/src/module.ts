import { defineModule } from "@tributary/core";
import { BlackholeSinkFactory } from "./blackhole/blackhole-factory.js";
import { DatagenSourceFactory } from "./datagen/datagen-factory.js";
import { FilesystemSinkFactory, FilesystemSourceFactory } from "./filesystem/filesystem-factories.js";
import { PrintSinkFactory } from "./print/print-factory.js";

/** The tables `datagen`, `filesystem`, `print` and `blackhole`. @public */
export const ioBasic = defineModule({
  name: "io-basic",
  version: "0.1.0",
  file: import.meta.url,
  factories: [
    BlackholeSinkFactory,
    DatagenSourceFactory,
    FilesystemSourceFactory,
    FilesystemSinkFactory,
    new PrintSinkFactory({ output: () => process.stdout, error: () => process.stderr }),
  ],
});
