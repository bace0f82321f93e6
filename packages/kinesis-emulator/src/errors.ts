/**
 * An answer of the service that is not a success: what the client sees as an exception of that name.
 *
 * @internal
 */
export class ServiceError extends Error {
  /** The service's name of the error, as in `__type`. */
  readonly type: string;
  /** The HTTP status it travels with. */
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.name = type;
    this.type = type;
    this.status = status;
  }
}

/** @internal */
export function invalidArgument(message: string): ServiceError {
  return new ServiceError("InvalidArgumentException", message);
}

/** @internal */
export function notFound(message: string): ServiceError {
  return new ServiceError("ResourceNotFoundException", message);
}

/** @internal */
export function inUse(message: string): ServiceError {
  return new ServiceError("ResourceInUseException", message);
}

/** @internal */
export function limitExceeded(message: string): ServiceError {
  return new ServiceError("LimitExceededException", message);
}

/** @internal */
export function throughputExceeded(message: string): ServiceError {
  return new ServiceError("ProvisionedThroughputExceededException", message);
}

/** @internal */
export function serialization(message: string): ServiceError {
  return new ServiceError("SerializationException", message);
}

/**
 * The emulator itself cannot do what its caller asked for: a wrong option, a port in use, a data directory that
 * cannot be read, a process that did not start.
 *
 * @public
 */
export class KinesisEmulatorError extends Error {
  /** `OPTION_INVALID`, `LISTEN_FAILED`, `DATA_UNREADABLE`, `DATA_IN_USE` or `START_FAILED`. */
  readonly code: KinesisEmulatorErrorCode;

  constructor(code: KinesisEmulatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KinesisEmulatorError";
    this.code = code;
  }
}

/** @public */
export type KinesisEmulatorErrorCode =
  "OPTION_INVALID" | "LISTEN_FAILED" | "DATA_UNREADABLE" | "DATA_IN_USE" | "START_FAILED";
