import {
  createEndorsedTransaction, createStageRequest, createTargetData, createTestConsortium, endorserSigners, issueTestIdentity, joinTargetData, refusalCode, TWO_OF_THREE,
  type EndorsedTransactionInput, type TargetDataInput, type TestComputeNode, type TestConsortium,
} from '@selvedge/fixtures';
import { LIMITS, maskItems, parseCore, ValidationCode, type StageRequest } from '@selvedge/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyStage } from './verify-stage.js';

let consortium: TestConsortium;
let node: TestComputeNode;
beforeAll(async () => {
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
});
afterEach(() => {
  consortium.restore();
});

interface StageInput extends Partial<Pick<EndorsedTransactionInput, 'endorsers' | 'changePayload' | 'changeSigned'>> {
  readonly target?: Partial<TargetDataInput>;
  readonly mspId?: string;
  readonly changeRequest?: (request: StageRequest) => void;
}

const AURORA_WRITE = [{ dataset: 'auroraStones', key: 's1', value: 'carat 1' }];
const refusal = ({ target, mspId = 'AuroraMSP', changeRequest, ...endorsing }: StageInput = {}): string | undefined => {
  const targetData = createTargetData({ consortium, nodes: [node], writes: AURORA_WRITE, ...target });
  const request = createStageRequest(consortium, targetData, createEndorsedTransaction({ consortium, targetData, ...endorsing }), mspId);
  changeRequest?.(request);
  return refusalCode(() => verifyStage(request, { state: consortium.state, profile: consortium.profile, mspId }));
};

describe('a stage request', () => {
  it('with enough endorsements that declare this node passes', () => {
    expect(refusal()).toBeUndefined();
  });

  it('without a transaction is refused', () => {
    expect(refusal({ changeRequest: (request) => { delete request.transaction; } })).toBe('MALFORMED_MESSAGE');
  });

  it('above its limits is refused', () => {
    expect(refusal({ changeRequest: (request) => { request.packets = Array.from({ length: LIMITS.maxSectionEntries + 1 }, () => new Uint8Array(1)); } })).toBe('LIMIT_EXCEEDED');
    expect(refusal({ changeRequest: (request) => { request.packets = [new Uint8Array(LIMITS.maxPacketBytes + 1)]; } })).toBe('LIMIT_EXCEEDED');
  });

  it('of a transaction id that was ordered is refused', () => {
    const txId = new Uint8Array(32).fill(8);
    consortium.state.setResult(txId, ValidationCode.VALID);
    expect(refusal({ target: { txId } })).toBe('DUPLICATE_TXID');
  });
});

describe('a batch', () => {
  const staged = (itemMask: Uint8Array | undefined, change: (request: StageRequest) => void = () => undefined): string | undefined => {
    const items = ['s1', 's2'].map((key) => createTargetData({ consortium, nodes: [node], writes: [{ dataset: 'auroraStones', key, value: key }] }));
    const batch = joinTargetData([node], items);
    const targetData = itemMask === undefined ? batch : maskItems(batch, batch.cores.map(parseCore), new Set([1]));
    const request = createStageRequest(consortium, targetData, createEndorsedTransaction({ consortium, targetData }), 'AuroraMSP');
    change(request);
    return refusalCode(() => verifyStage(request, { state: consortium.state, profile: consortium.profile, mspId: 'AuroraMSP' }));
  };

  it('brings the packets of every kept item, and no others', () => {
    expect(staged(undefined)).toBeUndefined();
    expect(staged(undefined, (request) => { request.packets.pop(); })).toBe('PACKET_MISMATCH');
    expect(staged(Uint8Array.of(2))).toBeUndefined();
    expect(staged(Uint8Array.of(2), (request) => { request.packets.push(new Uint8Array(1)); })).toBe('PACKET_MISMATCH');
  });

  it('with an item that was ordered is refused, whichever it is', () => {
    expect(staged(undefined, ({ transaction }) => { consortium.state.setResult(parseCore(transaction!.cores[1]!).txId, ValidationCode.MVCC_READ_CONFLICT); })).toBe('DUPLICATE_TXID');
  });
});

describe('invariant 4: enough endorsers signed', () => {
  it('one of two is refused', () => {
    expect(refusal({ endorsers: endorserSigners(consortium, ['NorthMSP']) })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('one that signed twice is refused', () => {
    expect(refusal({ endorsers: endorserSigners(consortium, ['NorthMSP', 'NorthMSP']) })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('organisations that the policy does not name are refused', () => {
    expect(refusal({ endorsers: endorserSigners(consortium, ['AuroraMSP', 'BorealisMSP']) })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it.each(['client', 'admin', 'orderer'] as const)('identities of role %s are refused', (role) => {
    expect(refusal({ endorsers: ['NorthMSP', 'SouthMSP'].map((mspId) => consortium.organisation(mspId)[role].signer) })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('a stranger’s CA under a known name is refused', async () => {
    const stranger = await createTestConsortium();
    expect(refusal({ endorsers: endorserSigners(stranger, ['NorthMSP', 'SouthMSP']) })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('a verdict depends on no clock: a peer certificate that has ended still counts', async () => {
    const ended = await issueTestIdentity(consortium.organisation('NorthMSP').ca, { commonName: 'old@NorthMSP', role: 'peer', notAfter: new Date(consortium.now.getTime() - 1) });
    expect(refusal({ endorsers: [ended.signer, ...endorserSigners(consortium, ['SouthMSP'])] })).toBeUndefined();
  });

  it('endorsements of another transaction are refused', () => {
    const other = createTargetData({ consortium, nodes: [node], writes: AURORA_WRITE });
    expect(refusal({ changeRequest: (request) => { request.transaction!.cores = other.cores; } })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('a payload that was changed after signing is refused', () => {
    expect(refusal({ changeSigned: (transaction) => { transaction.endorsements[0]!.signature = transaction.endorsements[1]!.signature; } })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });
});

describe('invariant 4: a contract cannot weaken what its owner sets ask for', () => {
  const ANY = "OR('NorthMSP.peer', 'SouthMSP.peer', 'EastMSP.peer')";
  const one = (): StageInput => ({ endorsers: endorserSigners(consortium, ['NorthMSP']) });

  it('a weaker contract policy does not replace the owner set’s', () => {
    consortium.setContractPolicy({ endorsementPolicy: ANY });
    expect(refusal(one())).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('a weaker owner set’s policy does not replace the contract’s', () => {
    consortium.setContractPolicy({ ownerSets: consortium.contractPolicy.ownerSets.map((set) => ({ ...set, endorsementPolicy: ANY })) });
    expect(refusal(one())).toBe('ENDORSEMENT_POLICY_FAILURE');
    consortium.setContractPolicy({ endorsementPolicy: ANY });
    expect(refusal(one())).toBeUndefined();
  });

  it('every owner set that is written is asked, not just the first', () => {
    const ownerSets = consortium.contractPolicy.ownerSets.map((set) => ({ ...set, endorsementPolicy: set.name === 'borealis' ? TWO_OF_THREE : ANY }));
    consortium.setContractPolicy({ endorsementPolicy: ANY, ownerSets });
    const both = [...AURORA_WRITE, { dataset: 'borealisStones', key: 's1', value: '1' }];
    expect(refusal({ ...one(), target: { writes: both } })).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(refusal(one())).toBeUndefined();
  });
});

describe('invariant 4: declared for this node', () => {
  it('a valid endorsement for another node is refused', () => {
    expect(refusal({ mspId: 'BorealisMSP' })).toBe('NOT_DECLARED_HERE');
    expect(refusal({ mspId: 'NorthMSP' })).toBe('NOT_DECLARED_HERE');
  });

  it('a declaration of other owners than the policy’s is refused', () => {
    expect(refusal({ changePayload: (payload) => { payload.targets[0]!.owners = ['BorealisMSP']; }, mspId: 'BorealisMSP' })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('a declaration of an owner set that is not written is refused', () => {
    const changePayload: StageInput['changePayload'] = (payload) => { payload.targets.push({ ...payload.targets[0]!, ownerSet: 'borealis', owners: ['BorealisMSP'] }); };
    expect(refusal({ changePayload, mspId: 'BorealisMSP' })).toBe('ENDORSEMENT_POLICY_FAILURE');
  });

  it('a transaction that writes nothing is nobody’s to store', () => {
    expect(refusal({ target: { writes: [] } })).toBe('NOT_DECLARED_HERE');
  });
});

describe('packets of a stage request', () => {
  it('are this owner’s, and no others', () => {
    const writes = [...AURORA_WRITE, { dataset: 'borealisStones', key: 's1', value: '1' }, { dataset: 'tradeOffers', key: 'o1', value: '2' }];
    expect(refusal({ target: { writes } })).toBeUndefined();
    const all = createTargetData({ consortium, nodes: [node], writes });
    const request = createStageRequest(consortium, all, createEndorsedTransaction({ consortium, targetData: all }), 'AuroraMSP');
    expect(request.packets).toHaveLength(2);
    request.packets = all.attachments!.packets;
    expect(refusalCode(() => verifyStage(request, { state: consortium.state, profile: consortium.profile, mspId: 'AuroraMSP' }))).toBe('PACKET_MISMATCH');
  });

  it.each<[string, (request: StageRequest) => void]>([
    ['missing', (request) => { request.packets = []; }],
    ['twice there', (request) => { request.packets.push(request.packets[0]!); }],
    ['changed', (request) => { request.packets = [Uint8Array.from(request.packets[0]!, (byte, i) => (i === 40 ? byte ^ 1 : byte))]; }],
    ['joined by another', (request) => { request.packets.push(Buffer.from('another')); }],
  ])('are refused when one is %s', (_name, changeRequest) => {
    expect(refusal({ changeRequest })).toBe('PACKET_MISMATCH');
  });
});
