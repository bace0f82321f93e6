import type { Span } from "./ast.js";

/**
 * Most levels of a tree. A chain of operators is as deep as it is long; those who walk a tree with recursion rely on this
 * bound.
 */
export const TREE_DEPTH_MAX = 1_000;

/** The first node found too deep in a tree, if any. Walks without recursion. */
export function tooDeep(tree: object): Span | undefined {
  const stack: { value: object; depth: number }[] = [{ value: tree, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { value, depth } = top;
    if (depth > TREE_DEPTH_MAX) return (value as { span?: Span }).span ?? { start: 0, end: 0 };
    const isNode = "kind" in value;
    for (const child of Object.values(value) as unknown[]) {
      if (typeof child !== "object" || child === null || ArrayBuffer.isView(child)) continue;
      stack.push({ value: child, depth: isNode ? depth + 1 : depth });
    }
  }
  return undefined;
}
