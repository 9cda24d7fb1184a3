import { toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { PacketOpener, ReadScope, ServingNode, StateSource } from '@selvedge/tee-node';
import type { AuthorisedRequest } from './authorise.js';
import type { DatasetPlace } from './datasets.js';
import type { RecordedSets } from './recorded-sets.js';

/** What all parts of a contract's state within one transaction share. */
export interface StateContext {
  /** The request, under the terms of the contract whose state this is. */
  readonly request: AuthorisedRequest;
  readonly source: StateSource;
  readonly scope: ReadScope;
  readonly opener: PacketOpener;
  readonly sets: RecordedSets;
  /** Whether more than the result rests on what is read: it is asked for anew, and noted. */
  readonly isRecording: boolean;
  /** What can be confirmed of all that it reads is promised to who asks for it by himself. */
  readonly isAskedFor: boolean;
  /** What it reads is checked as that of the request which goes over the parts. */
  readonly isMap: boolean;
  /** Whether keys of the contract can have endorsement policies of their own. */
  readonly withKeyPolicy: boolean;
  /** Notes which business node served an entry or a set's guard. */
  readonly servedBy: (dataset: string, key: Uint8Array, node: ServingNode | undefined) => void;
}

export const NO_HASH = new Uint8Array(0);

/** A key of a dataset as one text, for maps. */
export function pointId({ dataset }: Pick<DatasetPlace, 'dataset'>, key: string): string {
  return `${dataset}\x00${key}`;
}

/** The same by its name on the ledger. */
export function ledgerId({ dataset }: Pick<DatasetPlace, 'dataset'>, ledgerKey: Uint8Array): string {
  return `${dataset}\x00${toHex(ledgerKey)}`;
}

/** No statement says of both kinds of entries of a collection that is taken over that they are all. Throws CHAINCODE_UNSUPPORTED. */
export function verifyMayList({ takesOver, dataset }: DatasetPlace, what: string): void {
  if (takesOver) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', `${what} of collection ${dataset}, which is taken over`);
}
