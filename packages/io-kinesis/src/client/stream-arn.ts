/** A stream: by its ARN, or by its name in the account of the credentials. */
export interface StreamReference {
  readonly name: string;
  readonly arn?: string;
  readonly account?: string;
}

/** The parts of a stream's ARN that the connector uses. */
export interface StreamArn extends StreamReference {
  readonly arn: string;
  readonly region: string;
  readonly account: string;
}

/** `arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME`. @see Kinesis API Reference, StreamARN. */
const STREAM_ARN_PATTERN =
  /^arn:(aws[a-z0-9-]*):kinesis:([a-z0-9-]+):([0-9]{12}):stream\/([a-zA-Z0-9_.-]{1,128})$/;

/** @returns undefined if `arn` is not the ARN of a Kinesis stream. */
export function parseStreamArn(arn: string): StreamArn | undefined {
  const match = STREAM_ARN_PATTERN.exec(arn);
  if (match === null) return undefined;
  const [, , region = "", account = "", name = ""] = match;
  return { arn, region, account, name };
}
