import type { Node, Span } from "./ast.js";

/**
 * Most levels of a tree. A chain of operators is as deep as it is long; those who walk a tree with recursion rely on this
 * bound.
 */
export const TREE_DEPTH_MAX = 1_000;

/** Nodes without nodes below them; most of a big tree. */
const LEAVES: ReadonlySet<string> = new Set(["Identifier", "NumberLiteral", "StringLiteral", "NullLiteral"]);

/** The first node found too deep in a tree, if any: of a chain, its first operand. Walks without recursion. */
export function tooDeep(tree: object): Span | undefined {
  const nodes: object[] = [tree];
  const depths: number[] = [0];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const depth = depths.pop() ?? 0;
    if (depth > TREE_DEPTH_MAX) return (node as { span?: Span }).span ?? { start: 0, end: 0 };
    const first = nodes.length;
    const below = "kind" in node ? depth + 1 : depth;
    for (const key in node) {
      const child = (node as Record<string, unknown>)[key];
      if (Array.isArray(child)) for (const item of child as unknown[]) push(item, below, nodes, depths);
      else push(child, below, nodes, depths);
    }
    reverseFrom(nodes, first);
  }
  return undefined;
}

/** Takes nodes, and the pairs of key and value in JSON objects and maps, which have no kind. */
function push(child: unknown, depth: number, nodes: object[], depths: number[]): void {
  if (typeof child !== "object" || child === null || ArrayBuffer.isView(child)) return;
  const kind = (child as Partial<Node>).kind;
  if (kind === undefined ? "end" in child : LEAVES.has(kind)) return;
  nodes.push(child);
  depths.push(depth);
}

/** So that the leftmost child is looked at first. Siblings have one depth, which stays as it is. */
function reverseFrom(nodes: object[], first: number): void {
  for (let low = first, high = nodes.length - 1; low < high; low++, high--) {
    const node = nodes[low];
    const other = nodes[high];
    if (node === undefined || other === undefined) return;
    nodes[low] = other;
    nodes[high] = node;
  }
}
