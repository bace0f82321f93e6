/**
 * When a key's window fires, as plain data. The machine behind it is the runner's. After the Apache Beam model.
 */

/** A trigger as data. @public */
export type Trigger =
  /** When the watermark passes the window, and at once for every batch that comes later. */
  | { readonly kind: "default" }
  /** When the watermark passes the window; before it `early` and after it `late` fire again and again. */
  | { readonly kind: "after-end-of-window"; readonly early?: Trigger; readonly late?: Trigger }
  | { readonly kind: "after-count"; readonly count: number }
  /** Processing time since the first element; `alignToMs` rounds the instant up to a multiple. */
  | { readonly kind: "after-processing-time"; readonly delayMs: number; readonly alignToMs?: number }
  /** When the steps before have dealt with what arrived; the continuation of `after-processing-time`. */
  | { readonly kind: "after-synchronized-processing-time" }
  /** Content comes when the window expires. */
  | { readonly kind: "never" }
  /** On every evaluation. */
  | { readonly kind: "always" }
  | { readonly kind: "repeat"; readonly trigger: Trigger }
  | { readonly kind: "after-each"; readonly triggers: readonly Trigger[] }
  | { readonly kind: "after-first"; readonly triggers: readonly Trigger[] }
  | { readonly kind: "after-all"; readonly triggers: readonly Trigger[] }
  | { readonly kind: "or-finally"; readonly main: Trigger; readonly until: Trigger };

/** The default trigger. @public */
export const DEFAULT_TRIGGER: Trigger = Object.freeze({ kind: "default" });
