import type { TableOption } from "@tributary/core";

import type { AwsProperties } from "../client/custom-credentials.js";

/**
 * The `aws.` options of a table under the names of the DataStream API, as Apache Flink's Kinesis connector translates
 * them: `provider.` is inserted behind `credentials.`, unless it is there already.
 */
export function awsProperties(options: readonly TableOption[]): AwsProperties {
  const properties = new Map<string, string>();
  for (const { key, value } of options) {
    if (key.startsWith("aws.")) properties.set(propertyName(key), value);
  }
  // Where both spellings are given, that of tables counts.
  for (const { key, value } of options) {
    if (propertyName(key) !== key) properties.set(propertyName(key), value);
  }
  return properties;
}

function propertyName(key: string): string {
  return key.replace(/^aws\.credentials\.(?!provider(?:\.|$))/, "aws.credentials.provider.");
}
