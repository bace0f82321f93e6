import type { GraphBuilder } from "./graph-builder.js";

/** Which pipeline a collection, or a view of one, belongs to. */
const OWNERS = new WeakMap<object, GraphBuilder>();

export function setOwner(thing: object, builder: GraphBuilder | undefined): void {
  if (builder !== undefined) OWNERS.set(thing, builder);
}

/** `undefined` for what no pipeline of this package made. */
export function ownerOf(thing: unknown): GraphBuilder | undefined {
  return typeof thing === "object" && thing !== null ? OWNERS.get(thing) : undefined;
}
