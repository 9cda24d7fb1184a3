/** Names that policies and profiles may use: they stand in ledger keys, file names and policy texts. */

/** Contract names. */
export const CONTRACT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** Network and channel names. */
export const NETWORK_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** MSP ids: what Fabric's policy notation can name. */
export const MSP_ID = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/;
/** Datasets: a private data collection as Fabric names it, implicit ones included, or the empty name of the world state. */
export const DATASET_NAME = /^(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127})?$/;
/** Owner sets: a collection's name, or MSP ids with signs between them. */
export const OWNER_SET_NAME = /^[A-Za-z0-9][A-Za-z0-9._+,-]{0,255}$/;
/** Compute nodes. */
export const NODE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Versions of a contract, and names of TEE types. */
export const SHORT_TEXT = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

/** Whether items are sorted by code point and unique. */
export function isStrictlyAscending(items: readonly string[]): boolean {
  return items.every((item, i) => i === 0 || (items[i - 1] as string) < item);
}

/** Whether no item occurs twice. */
export function isUnique(items: readonly string[]): boolean {
  return new Set(items).size === items.length;
}
