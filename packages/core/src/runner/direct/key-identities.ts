import type { CombineBinding } from "../../pipeline/graph.js";
import { keyIdentity, type KeyIdentity } from "../../pipeline/key-identity.js";

/** How a combine tells keys apart: as its binding says, or by what the key coder makes of them. */
export function identityOfKey(binding: CombineBinding): (key: unknown) => KeyIdentity {
  if (binding.keyIdentity !== undefined) return binding.keyIdentity as (key: unknown) => KeyIdentity;
  const { keyCoder } = binding;
  return (key) => keyIdentity(key, keyCoder);
}
