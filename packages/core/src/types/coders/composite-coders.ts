/** Coders made of others. */
import type { Coder } from "./coder.js";
import { undecodable } from "./byte-reader.js";
import { makeCoder, nestedCoder, type NestedCoder } from "./nested-coder.js";

/** One byte, 0 for null and 1 before a value. @public */
export function nullableCoder<T>(coder: Coder<T>): NestedCoder<T | null> {
  const inner = nestedCoder(coder);
  return makeCoder<T | null>({
    isDeterministic: coder.isDeterministic,
    append: (value, output) => {
      output.byte(value === null ? 0 : 1);
      if (value !== null) inner.append(value, output);
    },
    read: (input) => {
      const mark = input.byte();
      if (mark > 1) throw undecodable(`${mark} is neither 0 for null nor 1 for a value`);
      return mark === 0 ? null : inner.read(input);
    },
    keyOf: (value) => (value === null ? null : inner.keyOf(value)),
  });
}

/** A key and its value, the key first. @public */
export function kvCoder<K, V>(key: Coder<K>, value: Coder<V>): NestedCoder<readonly [K, V]> {
  const innerKey = nestedCoder(key);
  const innerValue = nestedCoder(value);
  return makeCoder<readonly [K, V]>({
    isDeterministic: key.isDeterministic && value.isDeterministic,
    append: (pair, output) => {
      innerKey.append(pair[0], output);
      innerValue.append(pair[1], output);
    },
    read: (input) => [innerKey.read(input), innerValue.read(input)],
    outer: {
      append: (pair, output) => {
        innerKey.append(pair[0], output);
        output.raw(value.encode(pair[1]));
      },
      read: (input) => [innerKey.read(input), value.decode(input.raw(input.remaining))],
    },
  });
}

/** The number of elements in four bytes, then the elements. @public */
export function iterableCoder<T>(element: Coder<T>): NestedCoder<readonly T[]> {
  const inner = nestedCoder(element);
  return makeCoder<readonly T[]>({
    isDeterministic: element.isDeterministic,
    append: (values, output) => {
      output.int32(values.length);
      for (let index = 0; index < values.length; index++) inner.append(values[index] as T, output);
    },
    read: (input) => {
      const count = input.int32();
      // Every element takes a byte in all but degenerate coders; a damaged count must not allocate the memory.
      if (count < 0) throw undecodable(`${count} is no number of elements`);
      const values: T[] = [];
      for (let index = 0; index < count; index++) values.push(inner.read(input));
      return values;
    },
  });
}

/**
 * The number of entries in four bytes, then keys and values in the map's order. Not deterministic: equal maps may have
 * another order, and the order is kept.
 *
 * @public
 */
export function mapCoder<K, V>(key: Coder<K>, value: Coder<V>): NestedCoder<ReadonlyMap<K, V>> {
  const innerKey = nestedCoder(key);
  const innerValue = nestedCoder(value);
  return makeCoder<ReadonlyMap<K, V>>({
    isDeterministic: false,
    append: (map, output) => {
      output.int32(map.size);
      for (const [one, its] of map) {
        innerKey.append(one, output);
        innerValue.append(its, output);
      }
    },
    read: (input) => {
      const count = input.int32();
      if (count < 0) throw undecodable(`${count} is no number of entries`);
      const map = new Map<K, V>();
      for (let index = 0; index < count; index++) {
        const one = innerKey.read(input);
        map.set(one, innerValue.read(input));
      }
      return map;
    },
  });
}
