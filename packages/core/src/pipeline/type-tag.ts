/** Types as values: what a literal needs to say which type an output has, since nothing in a function body can. */

declare const TYPE: unique symbol;

/** Stands for a type and holds nothing. @public */
export interface TypeTag<T> {
  /** Carries the type; never there. */
  readonly [TYPE]?: { readonly value: T };
}

/** The type behind a tag. @public */
export type TaggedType<G> = G extends TypeTag<infer T> ? T : never;

const TAG: TypeTag<never> = Object.freeze({});

/** Names the type of a function's main output: `output: type<Alert>()`. @public */
export function type<T>(): TypeTag<T> {
  return TAG;
}

/** Declares a further output of a function: `outputs: { late: output<Order>() }`. @public */
export function output<T>(): TypeTag<T> {
  return type<T>();
}
