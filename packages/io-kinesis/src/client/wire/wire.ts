/** Encodings of the calls that carry records, spelled as the option spells them. */
export const WIRES = ["json", "cbor"] as const;
/** How GetRecords and PutRecords travel; everything else is JSON. @public */
export type Wire = (typeof WIRES)[number];

/** @see AWS JSON 1.1 protocol. */
export const JSON_CONTENT_TYPE = "application/x-amz-json-1.1";
/** Spoken by the service and by AWS's client for Java. */
export const CBOR_CONTENT_TYPE = "application/x-amz-cbor-1.1";
