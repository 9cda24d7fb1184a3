import { encodeFabricEndorsement } from '@selvedge/fabric';
import { createEndorsementPayload, createTargetData, createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { encodeMessage, EndorsementPayloadSchema, parseCores, type EndorsementPayload, type TargetData } from '@selvedge/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { readContractTerms } from './contract-terms.js';
import { verifyFabricEndorsement, type FabricAnswer } from './fabric-endorsement.js';
import { readRequirements, type Requirements } from './requirements.js';

let consortium: TestConsortium;
let targetData: TargetData;
let requirements: Requirements;
beforeAll(async () => {
  consortium = await createTestConsortium();
  targetData = createTargetData({ consortium, nodes: [await consortium.issueComputeNode()], writes: [{ dataset: 'auroraStones', key: 'a', value: '1' }] });
  requirements = readRequirements(parseCores(targetData.cores, targetData.itemMask), (name) => readContractTerms(consortium.state, name));
});

interface Change {
  readonly payload?: (payload: EndorsementPayload) => void;
  readonly cores?: readonly Uint8Array[];
  readonly itemMask?: Uint8Array;
  readonly endorsers?: readonly string[];
  readonly signed?: (answer: FabricAnswer) => FabricAnswer;
}

function answer({ payload: changePayload, cores = targetData.cores, itemMask = targetData.itemMask, endorsers = ['NorthMSP', 'SouthMSP'], signed = (each) => each }: Change = {}): FabricAnswer {
  const payload = createEndorsementPayload(consortium, targetData);
  changePayload?.(payload);
  const response = encodeFabricEndorsement({ cores, itemMask, endorsementPayload: encodeMessage(EndorsementPayloadSchema, payload) });
  const signedPayload = Buffer.from('proposal response payload');
  const endorsements = endorsers.map((mspId) => {
    const { signer } = consortium.organisation(mspId).peer;
    return { identity: signer.serialized, signature: signer.sign(Buffer.concat([signedPayload, signer.serialized])) };
  });
  return signed({ response, signedPayload, endorsements });
}
const verify = (change?: Change): Uint8Array =>
  verifyFabricEndorsement(answer(change), { network: consortium.network, channel: consortium.channel, targetData, requirements, msps: consortium.profile.msps });
const refuses = (code: string, change: Change): void => {
  expect(() => verify(change)).toThrow(expect.objectContaining({ code }));
};

describe('verifyFabricEndorsement', () => {
  it('gives the payload that enough peers signed', () => {
    expect(Buffer.from(verify()).equals(encodeMessage(EndorsementPayloadSchema, createEndorsementPayload(consortium, targetData)))).toBe(true);
  });

  it('refuses other cores and another item mask: those are what is committed', () => {
    refuses('ENDORSEMENT_FAILED', { cores: [Buffer.from('other')] });
    refuses('ENDORSEMENT_FAILED', { cores: [...targetData.cores, ...targetData.cores] });
    refuses('ENDORSEMENT_FAILED', { itemMask: Uint8Array.of(1) });
  });

  it('refuses a payload of another network, channel or target, or with other owners', () => {
    refuses('ENDORSEMENT_FAILED', { payload: (payload) => { payload.network = 'other'; } });
    refuses('ENDORSEMENT_FAILED', { payload: (payload) => { payload.channel = 'other'; } });
    refuses('ENDORSEMENT_FAILED', { payload: (payload) => { payload.targetDigest = new Uint8Array(32); } });
    refuses('ENDORSEMENT_FAILED', { payload: (payload) => { payload.targets[0]?.owners.push('CelestaMSP'); } });
  });

  it('refuses signatures that do not cover what was endorsed, or are no peer’s', () => {
    refuses('SIGNATURE_INVALID', { signed: (given) => ({ ...given, signedPayload: Buffer.from('other') }) });
    refuses('SIGNATURE_INVALID', { signed: ({ endorsements: [first, second], ...rest }) => ({ ...rest, endorsements: [first!, { ...second!, identity: first!.identity }] }) });
    const { signer } = consortium.organisation('SouthMSP').client;
    const byClient = (given: FabricAnswer): FabricAnswer => ({ ...given, endorsements: [{ identity: signer.serialized, signature: signer.sign(Buffer.concat([given.signedPayload, signer.serialized])) }] });
    refuses('IDENTITY_WRONG_ROLE', { signed: byClient });
  });

  it('refuses too few endorsers, and one who signs twice', () => {
    refuses('ENDORSEMENT_POLICY_FAILURE', { endorsers: ['NorthMSP'] });
    refuses('ENDORSEMENT_POLICY_FAILURE', { endorsers: ['NorthMSP', 'NorthMSP'] });
    refuses('ENDORSEMENT_POLICY_FAILURE', { endorsers: ['AuroraMSP', 'BorealisMSP'] });
    refuses('ENDORSEMENT_POLICY_FAILURE', { endorsers: [] });
  });
});
