import type { Checkpoint, Follower, LedgerLog } from '@selvedge/embedded-ledger';
import type { Signer } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import type { Receipt, StageRequest } from '@selvedge/protocol';
import type { TlsSetting } from '@selvedge/rpc';
import type { CarrierRefusals, HistoryReader, PacketReader } from '../ports.js';
import type { LegacyEntries } from '../plaintext/answer-plaintext.js';
import type { LedgerPlaintext, PlaintextKeeping } from '../plaintext/open-plaintext.js';
import type { PendingLimits } from '../store/pending-store.js';

/** What both ledgers need to be followed by a business node. */
export interface LedgerContext {
  /** Of the LMDB files: ledger state and packets. */
  readonly directory: string;
  /** Trust anchor: the first profile on the ledger. */
  readonly profile: Profile;
  /** This organisation's peer identity. */
  readonly signer: Signer;
  /** For connections between Selvedge's own nodes. */
  readonly tls: TlsSetting;
  readonly now: () => Date;
  /** Embedded ledger only: what may be staged. */
  readonly pending?: PendingLimits | undefined;
  /** Whether every version of world state is kept; default true. Without, nobody can ask this node for a key's history. */
  readonly keepHistory?: boolean | undefined;
  /** Where datasets in plaintext mode are kept, and the keys that their copies are sealed to. */
  readonly keeping: PlaintextKeeping;
  readonly checkpoint?: Checkpoint | undefined;
  readonly log?: LedgerLog | undefined;
}

/** A ledger that a business node follows, with this node's packets. */
export interface OpenLedger {
  readonly follower: Follower;
  readonly packets: PacketReader;
  readonly history: HistoryReader;
  readonly carrierRefusal: CarrierRefusals;
  readonly plaintext: Pick<LedgerPlaintext, 'isPlaintext' | 'feed' | 'verifyCopy'>;
  /** Entries of collections that are taken over, where the ledger has such. */
  readonly legacy?: LegacyEntries | undefined;
  /** Throws FEATURE_UNSUPPORTED on a ledger where packets do not come from clients. */
  stage(request: StageRequest): Promise<Receipt>;
  /** Begins to follow. */
  start(): void;
  close(): Promise<void>;
}
