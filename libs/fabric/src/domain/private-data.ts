import { sha256 } from '@selvedge/crypto';
import { WireMessage } from './wire.js';

/** A private value that the peer delivered with a block. Not believed: its hashes are compared with the write set's. */
export interface PrivateValue {
  readonly namespace: string;
  readonly collection: string;
  /** SHA-256 of the key, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** SHA-256 of the value, 32 bytes. */
  readonly valueHash: Uint8Array;
  readonly value: Uint8Array;
}

/** Parses TxPvtReadWriteSet bytes: the values put in collections that are wanted. Throws MALFORMED_MESSAGE or LIMIT_EXCEEDED. */
export function parsePrivateData(bytes: Uint8Array, isWanted: (namespace: string, collection: string) => boolean): PrivateValue[] {
  return new WireMessage(bytes).all(2).flatMap((namespaceBytes) => {
    const set = new WireMessage(namespaceBytes);
    const namespace = set.text(1);
    return set.all(2).flatMap((collectionBytes) => {
      const collectionSet = new WireMessage(collectionBytes);
      const collection = collectionSet.text(1);
      if (!isWanted(namespace, collection)) return [];
      return new WireMessage(collectionSet.bytes(2)).all(3).flatMap((writeBytes) => {
        const write = new WireMessage(writeBytes);
        if (write.flag(2)) return [];
        const value = write.bytes(3);
        return [{ namespace, collection, keyHash: sha256(write.bytes(1)), valueHash: sha256(value), value }];
      });
    });
  });
}
