import type { OptionDeclaration, OptionFault } from "@tributary/core";

import { parseStreamArn } from "../client/stream-arn.js";

/** Options that the source and the sink `kinesis` share beside those of AWS. */
export const STREAM_ARN_OPTION: OptionDeclaration = {
  key: "stream.arn",
  type: "string",
  summary: "ARN of the stream behind the table.",
  example: "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
  required: true,
};

export const REGION_OPTION: OptionDeclaration = {
  key: "aws.region",
  type: "string",
  summary:
    "AWS region of the stream. Where it differs from the region in the stream's ARN, that one is used.",
  example: "eu-west-1",
  required: true,
};

/** As above, of tables that name the stream without its ARN. */
export const OPTIONAL_REGION_OPTION: OptionDeclaration = {
  key: "aws.region",
  type: "string",
  summary: "AWS region of the stream.",
  example: "eu-west-1",
  required: "without aws.endpoint",
};

/** What is wrong with a region that only an endpoint can replace. */
export function optionalRegionFaults(
  region: string | undefined,
  endpoint: string | undefined,
): readonly OptionFault[] {
  if (region !== undefined || endpoint !== undefined) return regionFaults(region);
  return [
    {
      key: "aws.region",
      otherKeys: ["aws.endpoint"],
      code: "OPTION_MISSING",
      message: "Option 'aws.region' is missing, and there is no 'aws.endpoint' either.",
      hint: "Add 'aws.region'.",
    },
  ];
}

/** The option that names a stream without its account. */
export const STREAM_NAME_OPTION: OptionDeclaration = {
  key: "stream",
  type: "string",
  summary: "Name of the stream behind the table.",
  example: "orders",
  required: true,
};

/** For tables of 5.x that name the stream as those of 4.x do, and the other way round. */
export const NAME_IN_ARN_TABLE = {
  stream:
    "That is how 4.x names a stream: write 'stream.arn', or load kinesis@4 or kinesis-streams@4; 'tributary migrate FILE' rewrites the script.",
};
export const ARN_IN_NAME_TABLE = {
  "stream.arn":
    "That is how 5.x names a stream: write 'stream', or use the connector 'kinesis' of kinesis@5 or kinesis-streams@5.",
};

/** @see Flink documentation, Kinesis connector: what its region check lets through. */
const REGION = /^[a-z]+-([a-z]+[-]{0,1}[a-z]+-([0-9]|global)|global)$/;

function regionFaults(region: string | undefined): readonly OptionFault[] {
  if (region === undefined || REGION.test(region)) return [];
  return [
    {
      key: "aws.region",
      message: `The value '${region}' of option 'aws.region' is not the id of an AWS region.`,
      hint: "Write it as in 'eu-west-1'.",
    },
  ];
}

/** What is wrong with an ARN and the region beside it. */
export function streamFaults(
  streamArn: string | undefined,
  region: string | undefined,
): readonly OptionFault[] {
  const faults = [...regionFaults(region)];
  const stream = streamArn === undefined ? undefined : parseStreamArn(streamArn);
  if (streamArn !== undefined && stream === undefined) {
    faults.push({
      key: "stream.arn",
      message: `The value '${streamArn}' of option 'stream.arn' is not the ARN of a Kinesis stream.`,
      hint: "Write it as in 'arn:aws:kinesis:eu-west-1:111122223333:stream/orders'.",
    });
  }
  if (faults.length > 0 || stream === undefined || region === undefined || stream.region === region)
    return faults;
  // A pseudo-region is no stream's: the one of the ARN is meant.
  if (/(?:^|-)global$/.test(region)) {
    return [
      {
        key: "aws.region",
        code: "OPTION_IGNORED",
        message: `Option 'aws.region' = '${region}' has no effect: the stream is in '${stream.region}', as its ARN says.`,
        hint: `Write '${stream.region}'.`,
      },
    ];
  }
  return [
    {
      key: "aws.region",
      otherKeys: ["stream.arn"],
      code: "OPTION_CONFLICT",
      message: `Option 'aws.region' = '${region}', but the stream is in '${stream.region}', as its ARN says.`,
      candidates: [stream.region],
      hint: `Write '${stream.region}', or the ARN of the stream in '${region}'.`,
    },
  ];
}
