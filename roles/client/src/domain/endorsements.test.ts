import { createTargetData, createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { SelvedgeError } from '@selvedge/errors';
import { parseEndorsementPolicy } from '@selvedge/policy';
import { encodeMessage, EndorsementPayloadSchema, LIMITS, parseCores, parseMessage, signing, targetDigest, type Endorsement, type EndorsementPayload, type TargetData } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { endorse } from '../testdata/fake-ports.js';
import { readContractTerms } from './contract-terms.js';
import { describeFailure, findSufficient, isDisagreement, verifyEndorsement, type VerifiedEndorsement } from './endorsements.js';
import { readRequirements, type Requirements } from './requirements.js';

let consortium: TestConsortium;
let targetData: TargetData;
let requirements: Requirements;
beforeAll(async () => {
  consortium = await createTestConsortium();
  targetData = createTargetData({ consortium, nodes: [await consortium.issueComputeNode()], writes: [{ dataset: 'auroraStones', key: 'a', value: '1' }] });
  requirements = readRequirements(parseCores(targetData.cores, targetData.itemMask), (name) => readContractTerms(consortium.state, name));
});

const verify = (endorsement: Endorsement, mspId = 'NorthMSP'): VerifiedEndorsement =>
  verifyEndorsement(endorsement, {
    network: consortium.network,
    channel: consortium.channel,
    targetDigest: targetDigest(targetData.cores, targetData.itemMask),
    requirements,
    msps: consortium.profile.msps,
    mspId,
  });

/** An endorsement by a peer whose payload was changed before it was signed. */
function endorseChanged(change: (payload: EndorsementPayload) => void, mspId = 'NorthMSP'): Endorsement {
  const genuine = endorse(consortium, mspId, targetData);
  const payload = parseMessage(EndorsementPayloadSchema, genuine.payload, LIMITS.maxFactBytes);
  change(payload);
  const bytes = encodeMessage(EndorsementPayloadSchema, payload);
  const { signer } = consortium.organisation(mspId).peer;
  return { ...genuine, payload: bytes, signature: signer.sign(signing.endorsement(bytes, signer.serialized)) };
}

describe('verifyEndorsement', () => {
  it('accepts the asked organisation’s peer', () => {
    expect(verify(endorse(consortium, 'NorthMSP', targetData)).identity.mspId).toBe('NorthMSP');
  });

  it.each<[string, (payload: EndorsementPayload) => void]>([
    ['another network', (payload) => { payload.network = 'other'; }],
    ['another channel', (payload) => { payload.channel = 'other'; }],
    ['other target data', (payload) => { payload.targetDigest = new Uint8Array(32); }],
    ['other owners', (payload) => { payload.targets[0]!.owners = ['BorealisMSP']; }],
    ['no target', (payload) => { payload.targets = []; }],
  ])('refuses an endorsement of %s', (_what, change) => {
    expect(() => verify(endorseChanged(change))).toThrow(expect.objectContaining({ code: 'ENDORSEMENT_FAILED' }));
  });

  it('refuses a signature that does not verify', () => {
    const genuine = endorse(consortium, 'NorthMSP', targetData);
    expect(() => verify({ ...genuine, signature: endorse(consortium, 'SouthMSP', targetData).signature })).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
  });

  it('refuses an identity that is not a peer', () => {
    const { signer } = consortium.organisation('NorthMSP').client;
    const { payload } = endorse(consortium, 'NorthMSP', targetData);
    const byClient = { ...endorse(consortium, 'NorthMSP', targetData), endorser: signer.serialized, signature: signer.sign(signing.endorsement(payload, signer.serialized)) };
    expect(() => verify(byClient)).toThrow(expect.objectContaining({ code: 'IDENTITY_WRONG_ROLE' }));
  });

  it('refuses the peer of another organisation than the asked one', () => {
    expect(() => verify(endorse(consortium, 'SouthMSP', targetData))).toThrow(expect.objectContaining({ code: 'ENDORSEMENT_FAILED' }));
  });

  it('refuses payloads that do not parse or are too large', () => {
    const genuine = endorse(consortium, 'NorthMSP', targetData);
    expect(() => verify({ ...genuine, payload: Buffer.from('garbage') })).toThrow(SelvedgeError);
    expect(() => verify({ ...genuine, payload: new Uint8Array(LIMITS.maxFactBytes + 1) })).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
  });
});

describe('findSufficient', () => {
  it('wants as many distinct organisations as the policy does', () => {
    const [north, south] = [verify(endorse(consortium, 'NorthMSP', targetData)), verify(endorse(consortium, 'SouthMSP', targetData), 'SouthMSP')];
    expect(findSufficient([north], requirements)).toBeUndefined();
    expect(findSufficient([north, north], requirements)).toBeUndefined();
    expect(findSufficient([north, south], requirements)).toHaveLength(2);
  });

  it('counts one identity once, where a policy wants two of one organisation', () => {
    const north = verify(endorse(consortium, 'NorthMSP', targetData));
    const two = { ...requirements, policies: [parseEndorsementPolicy("AND('NorthMSP.peer','NorthMSP.peer')")] };
    expect(findSufficient([north, north], two)).toBeUndefined();
  });

  it('does not add up endorsements of different payloads', () => {
    const odd = verify(endorseChanged((payload) => { payload.factReads[0]!.hash = new Uint8Array(32); }));
    const [south, east] = [verify(endorse(consortium, 'SouthMSP', targetData), 'SouthMSP'), verify(endorse(consortium, 'EastMSP', targetData), 'EastMSP')];
    expect(findSufficient([odd, south], requirements)).toBeUndefined();
    expect(isDisagreement([odd, south])).toBe(true);
    expect(findSufficient([odd, south, east], requirements)).toEqual([south, east]);
  });
});

describe('describeFailure', () => {
  const refusal = (code: SelvedgeError['code']): SelvedgeError => new SelvedgeError(code, 'why', { role: 'endorser' });

  it('passes on the endorsers’ common code', () => {
    expect(describeFailure([], new Map([['NorthMSP', refusal('STALE_READ')], ['SouthMSP', refusal('STALE_READ')]]))).toMatchObject({ code: 'STALE_READ', role: 'endorser' });
  });

  it('passes on a conflict where endorsers of different heights name different ones: the request may be made again', () => {
    expect(describeFailure([], new Map([['NorthMSP', refusal('CODE_HASH_MISMATCH')], ['SouthMSP', refusal('STALE_READ')]])).code).toBe('CODE_HASH_MISMATCH');
  });

  it('lists the refusals when they differ, and says when endorsers are missing', () => {
    const mixed = describeFailure([], new Map([['NorthMSP', refusal('STALE_READ')], ['SouthMSP', refusal('TEE_WRONG_ROLE')]]));
    expect(mixed.code).toBe('ENDORSEMENT_FAILED');
    expect(mixed.message).toContain('SouthMSP: TEE_WRONG_ROLE');
    expect(describeFailure([], new Map()).message).toContain('cannot satisfy');
  });

  it('says so when endorsers disagree', () => {
    const odd = verify(endorseChanged((payload) => { payload.factReads[0]!.hash = new Uint8Array(32); }));
    expect(describeFailure([odd, verify(endorse(consortium, 'SouthMSP', targetData), 'SouthMSP')], new Map()).code).toBe('ENDORSEMENTS_DISAGREE');
  });
});
