import { SelvedgeError } from '@selvedge/errors';
import { mapKeyPolicy } from '@selvedge/policy';
import type { DatasetPlace } from './datasets.js';
import type { PointReads } from './point-reads.js';
import type { RecordedWrite } from './recorded-sets.js';
import { pointId, verifyMayList, type StateContext } from './state-context.js';

/** Keys' own endorsement policies within one transaction. */
export interface KeyPolicies {
  /** undefined: the key has none. Throws FEATURE_UNSUPPORTED, CHAINCODE_UNSUPPORTED and what reading the key throws. */
  read(place: DatasetPlace, key: string): Promise<Uint8Array | undefined>;
  /** As on Fabric, a policy without a value does nothing. Throws KEY_POLICY_UNMAPPED, CHAINCODE_UNSUPPORTED and what reading the key throws. */
  set(place: DatasetPlace, key: string, keyPolicy: Uint8Array): Promise<void>;
  /** Sets those of keys that were absent then and have been given a value since. */
  adoptLate(): void;
}

export interface KeyPoliciesInput {
  readonly points: Pick<PointReads, 'knownPoint' | 'readPoint'>;
  readonly write: (place: DatasetPlace, key: string, effect: RecordedWrite['effect'], options: Pick<RecordedWrite, 'keyPolicy'>) => void;
  readonly verifyMayWrite: () => void;
}

export function createKeyPolicies({ request, sets, isAskedFor, isMap, withKeyPolicy }: StateContext, { points, write, verifyMayWrite }: KeyPoliciesInput): KeyPolicies {
  const { policy, isSubmit } = request;
  /** Of keys that were absent when their policy was set: it counts if a value follows. */
  const setForAbsent: { readonly place: DatasetPlace; readonly key: string; readonly keyPolicy: Uint8Array }[] = [];
  const written = (): ReadonlySet<string> => new Set(sets.writes().flatMap(({ dataset, key, effect }) => (effect.kind === 'put' ? [pointId({ dataset }, key)] : [])));
  return {
    async read(place, key) {
      if (!withKeyPolicy) return undefined;
      verifyMayList(place, 'key-level endorsement policies');
      if (isAskedFor) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'key-level endorsement policies in a confirmed query');
      const { keyPolicy, ledgerKey } = await points.knownPoint(place, key);
      if (isSubmit || isMap) sets.addKeyPolicyRead({ ownerSet: place.ownerSet, dataset: place.dataset, ledgerKey, policy: keyPolicy });
      return keyPolicy.length === 0 ? undefined : keyPolicy;
    },
    async set(place, key, keyPolicy) {
      if (!withKeyPolicy) throw new SelvedgeError('KEY_POLICY_UNMAPPED', 'the manifest maps no organisation to an endorser, so keys can have no policies of their own');
      verifyMayWrite();
      verifyMayList(place, 'key-level endorsement policies');
      if (place.isEnding) throw new SelvedgeError('CHAINCODE_UNSUPPORTED', 'key-level endorsement policies where entries end by themselves');
      mapKeyPolicy(keyPolicy, policy);
      // Whether there is a value must hold until the commit.
      const isPresent = written().has(pointId(place, key)) || (await points.readPoint(place, key)) !== undefined;
      if (isPresent) write(place, key, { kind: 'keep' }, { keyPolicy });
      else setForAbsent.push({ place, key, keyPolicy });
    },
    adoptLate() {
      const put = written();
      for (const { place, key, keyPolicy } of setForAbsent.splice(0)) {
        if (put.has(pointId(place, key))) write(place, key, { kind: 'keep' }, { keyPolicy });
      }
    },
  };
}
