/** A key and a value: what keyed steps read and make. @public */
export interface KV<K, V> {
  readonly key: K;
  readonly value: V;
}

/** A pair as {@link KV}. @public */
export function kv<K, V>(key: K, value: V): KV<K, V> {
  return { key, value };
}
