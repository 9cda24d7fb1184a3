import { describe, expect, it } from 'vitest';
import { settingsOf, verifyOptions } from './options.js';

describe('verifyOptions', () => {
  it.each([{ businessOrganisations: ['../up'] }, { endorserOrganisations: [] }, { businessOrganisations: ['AMSP', 'AMSP'] }, { ordererOrganisation: '' }, { brokers: 0 }, { brokers: 1.5 }, { brokers: 9 }])('refuses %j', (wrong) => {
    expect(() => { verifyOptions({ directory: 'x', ...wrong }); }).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });

  it('fills in majorities', () => {
    expect(settingsOf({})).toMatchObject({ adminQuorum: 4, viewQuorum: 3, network: 'dev', channel: 'main' });
    expect(settingsOf({ businessOrganisations: ['AMSP'], endorserOrganisations: ['AMSP'] })).toMatchObject({ adminQuorum: 2, viewQuorum: 1, endorsementPolicy: "OutOf(1, 'AMSP.peer')" });
  });
});
