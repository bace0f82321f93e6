import { hostname } from "node:os";
import { randomUUID } from "node:crypto";

import { TributaryError } from "@tributary/core";

import { isUnknownCondition, type S3Object, type S3Objects } from "./s3-objects.js";

const LOCK_NAME = "lock";
/** The lock is written anew this often, in milliseconds. */
const RENEWAL_MS = 10_000;
/** A lock of another host that was not written for so long is stale, in milliseconds. */
const LEASE_MS = 60_000;
const ATTEMPTS_MAX = 5;

/** Who holds a lock. */
interface Owner {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
}

/**
 * An object that says which process works below a prefix. It is made on the condition that there is none, and renewed
 * and taken over on the condition that it is as it was seen, so of two processes one gets it. A lock of a process of
 * this host that is gone is taken over at once; one of another host when it has not been renewed for a minute, by the
 * service's own clock. A store without conditional writes has the lock read again after it was written.
 */
export class S3Lock {
  readonly #objects: S3Objects;
  readonly #store: string;
  readonly #me: Owner = { id: randomUUID(), pid: process.pid, host: hostname() };
  #etag: string | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #lost: TributaryError | undefined;
  #hasConditions = true;

  constructor(objects: S3Objects, store: string) {
    this.#objects = objects;
    this.#store = store;
  }

  /** @throws `CHECKPOINT_UNUSABLE` if a live process has it. */
  async acquire(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const found = await this.#objects.get(LOCK_NAME);
      const owner = found === undefined ? undefined : ownerOf(found);
      if (found !== undefined && owner !== undefined && isAlive(owner, found)) throw this.#inUse(owner);
      if (await this.#write(found)) {
        this.#renewal = setInterval(() => void this.#renew(), RENEWAL_MS).unref();
        return;
      }
    }
    throw this.#inUse(undefined);
  }

  /** @throws `CHECKPOINT_UNUSABLE` if somebody else took it meanwhile. */
  assertHeld(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  async release(): Promise<void> {
    clearInterval(this.#renewal);
    if (this.#etag === undefined) return;
    this.#etag = undefined;
    const found = await this.#objects.get(LOCK_NAME);
    if (found !== undefined && ownerOf(found)?.id === this.#me.id) await this.#objects.remove(LOCK_NAME);
  }

  /** Writes the lock over what was seen. False if something else is there by now. */
  async #write(seen: S3Object | undefined): Promise<boolean> {
    const bytes = Buffer.from(JSON.stringify(this.#me));
    if (this.#hasConditions) {
      const condition = seen?.etag === undefined ? ("absent" as const) : { etag: seen.etag };
      try {
        this.#etag = await this.#objects.put(LOCK_NAME, bytes, condition);
        return this.#etag !== undefined;
      } catch (error) {
        if (!isUnknownCondition(error)) throw error;
        this.#hasConditions = false;
      }
    }
    this.#etag = await this.#objects.put(LOCK_NAME, bytes);
    const written = await this.#objects.get(LOCK_NAME);
    return written !== undefined && ownerOf(written)?.id === this.#me.id;
  }

  /** What cannot be reached is tried again; the lease outlasts several renewals. */
  async #renew(): Promise<void> {
    try {
      const found = await this.#objects.get(LOCK_NAME);
      const owner = found === undefined ? undefined : ownerOf(found);
      if (this.#etag === undefined) return;
      if (owner?.id === this.#me.id ? await this.#write(found) : false) return;
      this.#lost = this.#inUse(owner);
    } catch {
      // A checkpoint that cannot be written will say so.
    }
  }

  #inUse(owner: Owner | undefined): TributaryError {
    const who = owner === undefined ? "another process" : `the process ${owner.pid} on ${owner.host}`;
    return new TributaryError({
      severity: "error",
      code: "CHECKPOINT_UNUSABLE",
      message: `The checkpoint store '${this.#store}' is in use by ${who}.`,
      value: this.#store,
      hint: `Stop the other job first, or give this one a prefix of its own. The lock of a process that is gone is taken over, of another host's after ${LEASE_MS / 1_000} seconds.`,
    });
  }
}

function ownerOf({ bytes }: S3Object): Owner | undefined {
  try {
    const { id, pid, host } = JSON.parse(Buffer.from(bytes).toString("utf8")) as Partial<Owner>;
    return typeof id === "string" && typeof pid === "number" && typeof host === "string"
      ? { id, pid, host }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner, { modifiedAt, now }: S3Object): boolean {
  if (now - modifiedAt > LEASE_MS) return false;
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
