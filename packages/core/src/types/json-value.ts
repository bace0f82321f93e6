/** What JSON can hold: the form of split positions, snapshots of enumerators and writers, and graph details. @public */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
