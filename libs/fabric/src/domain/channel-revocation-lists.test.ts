import { createTestConsortium, createTestRevocationList, refusalCodeOf, type TestConsortium } from '@selvedge/fixtures';
import { createFabricConfiguration, createFabricPolicyChange, type ConfiguredOrganisation } from '@selvedge/fixtures/fabric';
import { facts, parseRevocationLists, withRevocationLists } from '@selvedge/policy';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockWith, stateOf, type TestFabricState } from '../testdata/fabric-ledger.js';
import { channelRevocationLists } from './channel-revocation-lists.js';
import { judgeFabricBlock, type FabricBlockVerdict } from './judge-block.js';

const KEY = facts.channelRevocationLists('AuroraMSP');
let consortium: TestConsortium;
let list: Uint8Array;
let state: TestFabricState;
beforeAll(async () => {
  consortium = await createTestConsortium();
  list = await createTestRevocationList(consortium, 'AuroraMSP', [consortium.organisation('AuroraMSP').client.signer]);
});
beforeEach(() => {
  state = stateOf(consortium);
});

const configuration = (...organisations: ConfiguredOrganisation[]): Uint8Array => createFabricConfiguration(consortium.channel, organisations);
const aurora = (...revocationLists: Uint8Array[]): ConfiguredOrganisation => ({ mspId: 'AuroraMSP', revocationLists });
/** A block of one envelope, under Fabric's code for it. */
const judge = (envelope: Uint8Array, flag = 0): Promise<FabricBlockVerdict> => {
  const block = blockWith(consortium.channel, [createFabricPolicyChange([]), flag]);
  return judgeFabricBlock({ ...block, envelopes: [envelope] }, { channel: consortium.channel, policyChaincode: 'selvedge-policy', state, profile: consortium.profile });
};

describe('revocation lists of a channel’s configuration', () => {
  it('become facts of the organisations that have some, when they change', async () => {
    const { factUpdates } = await judge(configuration(aurora(list), { mspId: 'BorealisMSP', revocationLists: [] }));
    expect(factUpdates.map(({ key }) => key)).toEqual([KEY]);
    expect(parseRevocationLists(factUpdates[0]!.value!)).toEqual([list]);
    for (const { key, value } of factUpdates) state.facts.set(key, value);
    expect(() => withRevocationLists(consortium.profile, state).msps.verifyIdentity(consortium.organisation('AuroraMSP').client.signer.serialized)).toThrow(expect.objectContaining({ code: 'IDENTITY_REVOKED' }));
    expect((await judge(configuration(aurora(list)))).factUpdates).toEqual([]);
    expect((await judge(configuration(aurora()))).factUpdates).toEqual([{ key: KEY, value: undefined }]);
    // An organisation that left keeps its list.
    expect((await judge(configuration())).factUpdates).toEqual([]);
  });

  it('are of valid configurations alone, and of X.509 organisations', async () => {
    expect((await judge(configuration(aurora(list)), 10)).factUpdates).toEqual([]);
    expect((await judge(configuration({ ...aurora(list), type: 1 }))).factUpdates).toEqual([]);
    expect((await judge(blockWith(consortium.channel, [createFabricPolicyChange([]), 0]).envelopes[0]!)).factUpdates).toEqual([]);
  });

  it('of a configuration that does not parse are no block of this ledger', async () => {
    const bytes = configuration(aurora(list));
    expect(await refusalCodeOf(judge(Buffer.concat([bytes, Uint8Array.of(0x0a)])))).toBe('LEDGER_CORRUPT');
    for (let i = 0; i < 400; i += 1) {
      const changed = Uint8Array.from(bytes);
      const at = (i * 977) % bytes.length;
      changed[at] = (changed[at] as number) ^ (1 + (i % 255));
      expect(await refusalCodeOf(judge(changed)), `byte ${String(at)}`).toSatisfy((code) => code === undefined || code === 'LEDGER_CORRUPT');
    }
  });

  it('are not looked for in transactions of other kinds', () => {
    const [envelope] = blockWith(consortium.channel, [createFabricPolicyChange([]), 0]).envelopes;
    expect(channelRevocationLists(envelope!, state)).toEqual([]);
  });
});
