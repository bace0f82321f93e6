/** Built-in tables: `datagen`, `filesystem`, `print`, `blackhole`. */
export { BlackholeOptions, BlackholeSinkFactory } from "./blackhole/blackhole-factory.js";
export { DatagenSourceFactory } from "./datagen/datagen-factory.js";
export { DatagenOptions } from "./datagen/datagen-options.js";
export { FilesystemSinkFactory, FilesystemSourceFactory } from "./filesystem/filesystem-factories.js";
export { FilesystemOptions } from "./filesystem/filesystem-options.js";
export { ioBasic } from "./module.js";
export type { TextStream } from "./print/line-output.js";
export { PrintSinkFactory } from "./print/print-factory.js";
export type { PrintStreams } from "./print/print-factory.js";
export { PrintOptions } from "./print/print-options.js";
