import { coreDigest, type Core } from '@selvedge/protocol';

/** A core whose result is released on commit. */
export interface GatedCore {
  /** 32 bytes. */
  readonly txId: Uint8Array;
  /** 32 bytes. */
  readonly coreDigest: Uint8Array;
}

/** The gated ones of a transaction's kept items. @param coreBytes as they came, of the same items in the same order */
export function gatedCoresOf(cores: readonly Core[], coreBytes: readonly Uint8Array[]): GatedCore[] {
  return cores.flatMap(({ gated, txId }, i) => (gated ? [{ txId, coreDigest: coreDigest(coreBytes[i] as Uint8Array) }] : []));
}
