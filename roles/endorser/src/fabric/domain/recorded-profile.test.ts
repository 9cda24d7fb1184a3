import { createTestConsortium, refusalCode, type TestConsortium } from '@selvedge/fixtures';
import { facts, listFacts } from '@selvedge/policy';
import { beforeAll, expect, it } from 'vitest';
import { recordedProfile, type ExpectedNetwork } from './recorded-profile.js';

let consortium: TestConsortium;
beforeAll(async () => {
  consortium = await createTestConsortium();
});

const expecting = (other: Partial<ExpectedNetwork> = {}): ExpectedNetwork => ({ network: consortium.network, channel: consortium.channel, ...other });

it('a recorded profile is of the network and the channel that the process serves', () => {
  const reader = listFacts([{ key: facts.profile, value: consortium.signedProfile }]);
  expect(recordedProfile(reader, expecting()).digest).toEqual(consortium.profile.digest);
  // Checked already, and still not another’s.
  expect(refusalCode(() => recordedProfile(reader, expecting({ network: 'elsewhere' })))).toBe('WRONG_NETWORK');
  expect(refusalCode(() => recordedProfile(reader, expecting({ channel: 'elsewhere' })))).toBe('WRONG_CHANNEL');
});

it('there is none before the first policy change', () => {
  expect(refusalCode(() => recordedProfile(listFacts([]), expecting()))).toBe('NOT_READY');
});
