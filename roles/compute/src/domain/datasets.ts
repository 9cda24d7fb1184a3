import { SelvedgeError } from '@selvedge/errors';
import type { ContractPolicy } from '@selvedge/protocol';
import type { PlaceOfRead } from '@selvedge/tee-node';

/** Where a dataset's entries live. */
export interface DatasetPlace extends PlaceOfRead {
  readonly contentGuard: boolean;
  /** Its entries end by themselves (blockToLive). */
  readonly isEnding: boolean;
  /** The collection of this name was written before Selvedge: keys without a packet may have entries there. */
  readonly takesOver: boolean;
}

/** A contract's datasets, as one creator may use them. All methods throw DATASET_UNKNOWN for one that is not declared. */
export interface Datasets {
  /** Throws DATASET_ACCESS_DENIED when the collection is read by its members only and the creator is none. */
  readable(dataset: string): DatasetPlace;
  /** Throws DATASET_ACCESS_DENIED when the collection is written by its members only and the creator is none. */
  writable(dataset: string): DatasetPlace;
  /** For what Fabric shows to everyone: the hash of a private value. */
  visible(dataset: string): DatasetPlace;
}

/** Applies Fabric's membership rules of collections, with Fabric's own texts. */
export function createDatasets(policy: ContractPolicy, channel: string, creatorMspId: string): Datasets {
  const contract = policy.name;
  const unknownText = (name: string): string => `collection [${name}] not defined in the collection config for chaincode [${contract}]`;
  // Where Fabric looks at the creator’s permission first, another part of it finds that the collection is not there.
  const noPermissionText = (name: string): string => `collection ${channel}/${contract}/${name} could not be found`;
  const find = (name: string, describeUnknown: (name: string) => string): { place: DatasetPlace; mayRead: boolean; mayWrite: boolean } => {
    const dataset = policy.datasets.find((candidate) => candidate.name === name);
    const owners = policy.ownerSets.find((set) => set.name === dataset?.ownerSet)?.owners;
    if (dataset === undefined || owners === undefined) {
      throw new SelvedgeError('DATASET_UNKNOWN', describeUnknown(name));
    }
    const isMember = dataset.members.includes(creatorMspId);
    return {
      place: { dataset: name, ownerSet: dataset.ownerSet, owners, contentGuard: dataset.contentGuard, isEnding: dataset.blockToLive !== 0n, takesOver: dataset.takesOver },
      mayRead: isMember || !dataset.memberOnlyRead,
      mayWrite: isMember || !dataset.memberOnlyWrite,
    };
  };
  const denied = (access: 'read' | 'write', collection: string): SelvedgeError =>
    new SelvedgeError('DATASET_ACCESS_DENIED', `tx creator does not have ${access} access permission on privatedata in chaincodeName:${contract} collectionName: ${collection}`);
  return {
    readable(name) {
      const { place, mayRead } = find(name, noPermissionText);
      if (!mayRead) throw denied('read', name);
      return place;
    },
    writable(name) {
      const { place, mayWrite } = find(name, noPermissionText);
      if (!mayWrite) throw denied('write', name);
      return place;
    },
    visible: (name) => find(name, unknownText).place,
  };
}
