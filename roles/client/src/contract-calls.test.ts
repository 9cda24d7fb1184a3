import { toHex } from '@selvedge/crypto';
import { createTestConsortium, type CalledContractInput, type TestContract } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { LIMITS, RequestKind } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from './contract.js';
import { openSubmitAnswer } from './domain/answer.js';
import { chooseCalledEpochs } from './domain/envelope.js';
import type { Gateway } from './gateway.js';
import { executeRequest, openRequest } from './testdata/fake-compute.js';
import { createFakeFabric } from './testdata/fake-fabric.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import { createRequest } from './testdata/requests.js';

let network: FakeNetwork;
let gateway: Gateway;
let contract: Contract;
let bank: TestContract;
/** What compute nodes say the function has called. */
let called: CalledContractInput[];

beforeEach(async () => {
  network = await createFakeNetwork();
  const { consortium } = network;
  const ownerSets = [{ name: 'houses', owners: ['CelestaMSP'], endorsementPolicy: `OR('EastMSP.peer')` }];
  bank = consortium.addContract('bank', { ownerSets, datasets: [{ name: '', ownerSet: 'houses' }], endorsementPolicy: `OR('NorthMSP.peer', 'SouthMSP.peer')` });
  network.changeStatement = (statement) => { statement.contracts = [{ contract: 'bank', epoch: 1n }, { contract: consortium.contract, epoch: 1n }].map((entry) => ({ $typeName: 'selvedge.v1.ContractEpoch', ...entry })); };
  called = [{ contract: bank, writes: [{ key: 'account', value: '1' }] }];
  network.hooks.execute = (nodeId, _genuine, request) => executeRequest(consortium, network.nodes.find((node) => node.nodeId === nodeId)!, request, { targetData: { writes: [{ dataset: 'auroraStones', key: 's', value: 'v' }], called } });
  gateway = network.connect({ limits: { executeTimeoutMs: 300 } });
  contract = gateway.getNetwork(consortium.channel).getContract(consortium.contract);
});
afterEach(() => {
  gateway.close();
});

describe('a transaction of two contracts', () => {
  it('declares and stages at the owners of both, each its own packets', async () => {
    const staged = new Map<string, string[]>();
    network.hooks.stage = async (mspId, genuine, _transaction, packets) => {
      staged.set(mspId, packets.map(toHex));
      return genuine();
    };
    const executed = await contract.newProposal('f').execute();
    const endorsed = await executed.endorse();
    expect(endorsed.declaredTargets).toEqual([
      { contract: 'bank', ownerSet: 'houses', owners: ['CelestaMSP'] },
      { contract: 'diamonds', ownerSet: 'aurora', owners: ['AuroraMSP'] },
    ]);
    const submitted = await endorsed.submit();
    await submitted.verifyCommitted();
    const [own, theirs] = executed.targetData.attachments!.packets.map(toHex);
    expect(staged).toEqual(new Map([['AuroraMSP', [own]], ['CelestaMSP', [theirs]]]));
  });

  it('is endorsed under the policies of both contracts and of every owner set', async () => {
    await contract.submitTransaction('f');
    // East for the bank's owner set, two of three for the first contract.
    expect(network.calls.filter((call) => call === 'endorse EastMSP')).not.toEqual([]);
    await expect(contract.submit('f', { endorsingOrganizations: ['NorthMSP', 'SouthMSP'] })).rejects.toMatchObject({ code: 'ENDORSEMENT_FAILED' });
  });

  it('runs on as many compute nodes as the stricter of both asks for', async () => {
    bank = network.consortium.addContract('bank', { computeQuorum: 2 });
    called = [{ contract: bank, writes: [] }];
    expect([...(await contract.newProposal('f').execute()).executedBy].sort()).toEqual(['compute-1', 'compute-2']);
    expect(network.calls.filter((call) => call.startsWith('execute')).sort()).toEqual(['execute compute-1', 'execute compute-2']);
    bank = network.consortium.addContract('bank', { computeQuorum: 3 });
    called = [{ contract: bank }];
    network.ledger.height += 1n;
    await gateway.refresh();
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'COMPUTE_QUORUM_NOT_MET', message: expect.stringContaining('2 of 3') as string });
  });

  it('goes to another compute node where one may not run the called contract', async () => {
    const { hooks, consortium, nodes } = network;
    const execute = hooks.execute!;
    const refusal = { code: 'CONTRACT_NOT_ASSIGNED', role: 'compute', message: 'contract bank is assigned to other compute nodes', action: '' };
    hooks.execute = (nodeId, genuine, request) => nodeId === 'compute-1' ? executeRequest(consortium, nodes[0]!, request, { nodeId, response: { status: 500, refusal } }) : execute(nodeId, genuine, request);
    for (let i = 0; i < 2; i += 1) expect((await contract.newProposal('f').execute()).executedBy).toEqual(['compute-2']);
    hooks.execute = (nodeId, _genuine, request) => executeRequest(consortium, nodes.find((node) => node.nodeId === nodeId)!, request, { nodeId, response: { status: 500, refusal } });
    await expect(contract.newProposal('f').execute()).rejects.toMatchObject({ code: 'CONTRACT_NOT_ASSIGNED', message: expect.stringContaining('bank') as string });
  });

  it('is refused at once where no node knows the called contract', async () => {
    const { hooks, consortium, nodes } = network;
    const refusal = { code: 'CALLED_CONTRACT_UNKNOWN', role: 'compute', message: 'contract bank, which the chaincode calls, is not on the ledger', action: '' };
    hooks.execute = (nodeId, _genuine, request) => executeRequest(consortium, nodes.find((node) => node.nodeId === nodeId)!, request, { nodeId, response: { status: 500, refusal } });
    await expect(contract.newProposal('f').execute()).rejects.toMatchObject({ code: 'CALLED_CONTRACT_UNKNOWN' });
    expect(network.calls.filter((call) => call.startsWith('execute'))).toHaveLength(1);
  });

  it('is built again when a called contract’s key epoch was refused', async () => {
    const seen: string[] = [];
    const { hooks, consortium } = network;
    const execute = hooks.execute!;
    hooks.execute = (nodeId, genuine, request) => {
      const { body } = openRequest(consortium, request);
      seen.push(JSON.stringify(body.calledEpochs.map(({ contract: name, epoch }) => [name, String(epoch)])));
      if (seen.length > 1) return execute(nodeId, genuine, request);
      consortium.setEpoch('bank', 2n);
      network.ledger.height += 1n;
      network.changeStatement = (statement) => { statement.contracts = [{ $typeName: 'selvedge.v1.ContractEpoch', contract: 'bank', epoch: 2n }, { $typeName: 'selvedge.v1.ContractEpoch', contract: consortium.contract, epoch: 1n }]; };
      called = called.map((one) => ({ ...one, keyEpoch: 2n }));
      return executeRequest(consortium, network.nodes[0]!, request, { nodeId, response: { status: 500, refusal: { code: 'KEY_EPOCH_RETIRED', role: 'compute', message: 'retired', action: '' } } });
    };
    await contract.submitTransaction('f');
    expect(seen).toEqual(['[["bank","1"]]', '[["bank","2"]]']);
  });
});

describe('a transaction of two contracts on Fabric', () => {
  const ownerSets = (endorsementPolicy: string) => [{ name: 'houses', owners: ['CelestaMSP'], endorsementPolicy }];
  const submit = async (endorsementPolicy: string, ownersPolicy = endorsementPolicy): Promise<string[]> => {
    bank = network.consortium.addContract('bank', { datasets: [{ name: '', ownerSet: 'houses' }], endorsementPolicy, ownerSets: ownerSets(ownersPolicy) });
    called = [{ contract: bank, writes: [{ key: 'account', value: '1' }] }];
    const fabric = createFakeFabric(network);
    const onFabric = fabric.connect();
    try {
      await onFabric.getNetwork(network.consortium.channel).getContract(network.consortium.contract).submitTransaction('f');
    } finally {
      onFabric.close();
      expect(fabric.asked.length).toBeLessThan(2);
    }
    return fabric.asked;
  };

  it('is endorsed by organisations that endorse both', async () => {
    expect(await submit("AND('SouthMSP.peer', 'EastMSP.peer')")).toEqual(['EastMSP+SouthMSP']);
  });

  it('is refused by code, before anybody is asked, where an organisation that must endorse lacks the other contract', async () => {
    await expect(submit("OR('EastMSP.peer')")).rejects.toMatchObject({ code: 'CALLED_ENDORSERS_DIFFER', message: expect.stringMatching(/NorthMSP, SouthMSP cannot endorse bank|SouthMSP, NorthMSP cannot endorse bank/) as string });
  });
});

describe('key epochs of contracts that may be called', () => {
  it('are fixed by the request for every contract of the channel but its own, where there is a usable one', async () => {
    const { state } = network.consortium;
    network.consortium.addContract('late');
    const envelope = { keys: new Map(), contractEpochs: new Map([['late', 2n], ['bank', 1n], ['diamonds', 1n], ['gone', 1n]]) };
    expect([...chooseCalledEpochs(envelope, state, 'diamonds')]).toEqual([['bank', 1n], ['late', 1n]]);
    expect([...chooseCalledEpochs(envelope, state, 'bank')]).toEqual([['diamonds', 1n], ['late', 1n]]);
    state.setFact(facts.revokedEpoch('bank', 1n), Buffer.from('lost'));
    expect([...chooseCalledEpochs(envelope, state, 'diamonds')]).toEqual([['late', 1n]]);
    const many = Array.from({ length: LIMITS.maxCalledContracts + 2 }, (_, i) => `c${String(i).padStart(5, '0')}`);
    for (const name of many) state.setFact(facts.epoch(name, 1n), Buffer.from('x'));
    expect([...chooseCalledEpochs({ ...envelope, contractEpochs: new Map(many.reverse().map((name) => [name, 1n])) }, state, 'diamonds').keys()]).toEqual([...many].sort().slice(0, LIMITS.maxCalledContracts));
  });

  it('are held against the answer: a contract under another, or under none, is refused', async () => {
    const consortium = await createTestConsortium();
    const node = await consortium.issueComputeNode();
    const other = consortium.addContract('bank');
    const open = async (epochs: ReadonlyMap<string, bigint>): Promise<unknown> => {
      const request = createRequest(consortium, RequestKind.SUBMIT, ['f'], { calledEpochs: epochs });
      return openSubmitAnswer(request, await executeRequest(consortium, node, request.sealed, { targetData: { called: [{ contract: other }] } }));
    };
    await expect(open(new Map([['bank', 1n]]))).resolves.toBeDefined();
    for (const epochs of [new Map([['bank', 2n]]), new Map([['other', 1n]]), new Map<string, bigint>()]) await expect(open(epochs)).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
  });
});
