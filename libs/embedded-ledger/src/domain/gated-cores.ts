import { targetDigest, type Core } from '@selvedge/protocol';

/** A core whose result is released on commit. */
export interface GatedCore {
  /** 32 bytes. */
  readonly txId: Uint8Array;
  /** targetDigest of the core alone, 32 bytes. */
  readonly coreDigest: Uint8Array;
}

const NO_MASK = new Uint8Array(0);

/** The gated ones of a transaction's kept items. @param coreBytes as they came, of the same items in the same order */
export function gatedCoresOf(cores: readonly Core[], coreBytes: readonly Uint8Array[]): GatedCore[] {
  return cores.flatMap(({ gated, txId }, i) => (gated ? [{ txId, coreDigest: targetDigest([coreBytes[i] as Uint8Array], NO_MASK) }] : []));
}
