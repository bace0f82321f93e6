/**
 * An embedded Amazon Kinesis Data Streams: in memory, in this process or one of its own, on both wire protocols, with
 * a clock that can be set and faults on command. For development and tests.
 *
 * @packageDocumentation
 */
export { startKinesisEmulator, type KinesisEmulator, type KinesisEmulatorClock } from "./emulator.js";
export { KinesisEmulatorError, type KinesisEmulatorErrorCode } from "./errors.js";
export type { FaultInjector } from "./faults/fault-injector.js";
export type { Fault, FaultKind, FaultRule } from "./faults/fault-rule.js";
export type { KinesisEmulatorOptions } from "./options.js";
export {
  spawnKinesisEmulator,
  type SpawnedKinesisEmulator,
  type SpawnKinesisEmulatorOptions,
} from "./process/spawn.js";
