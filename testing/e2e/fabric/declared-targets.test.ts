import { fileURLToPath } from 'node:url';
import { openFabricGateway, type Contract, type ExecutedTransaction, type Gateway } from '@selvedge/client';
import { ENDORSE_FUNCTION, TARGET_DATA_FIELD } from '@selvedge/fabric';
import type { EndorsedFabricTransaction, FabricGateway } from '@selvedge/fabric-network/gateway';
import { encodeMessage, TargetDataSchema, ValidationCode } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fabricMissing } from '../src/fabric.js';
import { contentsAt, rewrite } from '../src/fabric/rewrite.js';
import { foldersHolding, STORES } from '../src/fabric/stores.js';
import { startTestNetwork, text, type TestNetwork } from '../src/network.js';

const DESKS = fileURLToPath(new URL('../contracts/desks', import.meta.url));
const ENDORSERS = ['NorthMSP', 'SouthMSP', 'EastMSP'];
const BOUNDS = { timeoutMs: 30_000 };

// Where the parts lie in a gateway's PreparedTransaction: envelope, payload, data, the first action, its payload, its action.
const ACTION = [2, 1, 2, 1, 2, 2];
const RESPONSE_PAYLOAD = [...ACTION, 1];
const ENDORSEMENTS = [...ACTION, 2];

/**
 * What endorsers declare, on Fabric: the owner sets in the write set that they sign, each a collection with an
 * endorsement policy of its own. Aurora owns `near` (North endorses) and `far` (South and East do), Borealis `next` (East).
 */
describe.skipIf(fabricMissing() !== undefined)('the business nodes that endorsers declare, on Hyperledger Fabric', () => {
  let test: TestNetwork;
  let gateway: Gateway;
  let fabric: FabricGateway;
  let contract: Contract;
  let keys = 0;

  /** Of a note for a key of its own. */
  const execute = async (desks: string): Promise<{ readonly executed: ExecutedTransaction; readonly key: string }> => {
    const key = `note-${String((keys += 1))}`;
    return { key, executed: await contract.newProposal('Put', { arguments: [desks, key, `at ${desks}`] }).execute() };
  };
  const get = async (desk: string, key: string): Promise<string> => text(await contract.evaluateTransaction('Get', desk, key));
  /** By a client that does not care what the policies ask for. */
  const endorseBy = (organisations: readonly string[], { targetData }: ExecutedTransaction): Promise<EndorsedFabricTransaction> => {
    const transientData = { [TARGET_DATA_FIELD]: encodeMessage(TargetDataSchema, targetData) };
    return fabric.endorse({ chaincode: 'desks', functionName: ENDORSE_FUNCTION, transientData, organisations }, BOUNDS);
  };
  const verdictOn = async (transaction: EndorsedFabricTransaction): Promise<string | undefined> => {
    await fabric.submit(transaction, BOUNDS);
    return ValidationCode[(await fabric.commitStatus(transaction.transactionId, BOUNDS)).code];
  };
  /** No node shows it, no peer of an owner has it in its state, and nothing keeps the same target data from a commit. */
  const verifyNoTrace = async (desks: string, key: string, executed: ExecutedTransaction): Promise<void> => {
    for (const desk of desks.split(',')) expect(await get(desk, key)).toBe('');
    const owners = test.network.nodes().filter(({ service, mspId }) => service === 'peer' && !ENDORSERS.includes(mspId));
    for (const packet of executed.targetData.attachments!.packets) {
      for (const peer of owners) expect(foldersHolding(peer, packet.subarray(-48, -16))).not.toContain(STORES.state);
    }
    await (await (await executed.endorse()).submit()).verifyCommitted();
    for (const desk of desks.split(',')) expect(await get(desk, key)).toBe(`at ${desks}`);
  };

  beforeAll(async () => {
    test = await startTestNetwork({ ledger: 'fabric', businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ENDORSERS });
    await test.network.deploy(DESKS);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('desks');
    fabric = await openFabricGateway({ connectionProfile: test.network.connectionProfile(), signer: await test.network.identity('AuroraMSP') });
  });

  afterAll(async () => {
    fabric.close();
    gateway.close();
    await test.end();
  });

  it.each([
    ['near', ['NorthMSP'], [['near', 'AuroraMSP']]],
    ['far', ['EastMSP', 'SouthMSP'], [['far', 'AuroraMSP']]],
    ['next', ['EastMSP'], [['next', 'BorealisMSP']]],
    ['near,far', ['EastMSP', 'NorthMSP', 'SouthMSP'], [['far', 'AuroraMSP'], ['near', 'AuroraMSP']]],
  ])('are those of the owner sets that are written, by the endorsers of each: %s', async (desks, endorsers, targets) => {
    const { executed, key } = await execute(desks);
    const endorsed = await executed.endorse();
    const identities = endorsed.message.endorsements.map(({ identity }) => Buffer.from(identity).toString('latin1'));
    expect(identities.map((identity) => ENDORSERS.find((mspId) => identity.includes(mspId))).sort()).toEqual(endorsers);
    expect(endorsed.declaredTargets.map(({ ownerSet, owners }) => [ownerSet, ...owners])).toEqual(targets);
    await (await endorsed.submit()).verifyCommitted();
    for (const desk of desks.split(',')) expect(await get(desk, key)).toBe(`at ${desks}`);
  });

  it.each([
    ['near', ['SouthMSP', 'EastMSP']],
    ['far', ['NorthMSP']],
    ['far', ['SouthMSP']],
    ['next', ['NorthMSP']],
    ['next', ['NorthMSP', 'SouthMSP']],
    ['near,far', ['NorthMSP']],
    ['near,far', ['SouthMSP', 'EastMSP']],
    ['near,next', ['NorthMSP']],
  ])('are refused on commit by Fabric when only endorsers of others have signed: %s by %s', async (desks, endorsers) => {
    const { executed, key } = await execute(desks);
    expect(await verdictOn(await endorseBy(endorsers, executed))).toBe('ENDORSEMENT_POLICY_FAILURE');
    await verifyNoTrace(desks, key, executed);
  });

  it('cannot be changed behind the endorsers’ backs', async () => {
    const { executed, key } = await execute('next');
    const genuine = await endorseBy(['EastMSP'], executed);
    const [payload] = contentsAt(genuine.bytes, RESPONSE_PAYLOAD);
    const written = Buffer.from('selvedge_next');
    expect(Buffer.from(payload!).includes(written)).toBe(true);
    const redirected = rewrite(genuine.bytes, RESPONSE_PAYLOAD, ([signed]) => [replaceAll(signed!, written, Buffer.from('selvedge_near'))]);
    expect(await verdictOn({ ...genuine, bytes: redirected })).toBe('ENDORSEMENT_POLICY_FAILURE');
    await verifyNoTrace('next', key, executed);
  });

  it('are not declared by an endorsement of another transaction, nor by the same one twice', async () => {
    const [{ executed, key }, other] = [await execute('far'), await execute('far')];
    const bySouth = await endorseBy(['SouthMSP'], executed);
    const [own] = contentsAt(bySouth.bytes, ENDORSEMENTS);
    const borrowed = contentsAt((await endorseBy(['EastMSP'], other.executed)).bytes, ENDORSEMENTS);
    expect(await verdictOn({ ...bySouth, bytes: rewrite(bySouth.bytes, ENDORSEMENTS, () => [own!, ...borrowed]) })).toBe('ENDORSEMENT_POLICY_FAILURE');
    const again = await endorseBy(['SouthMSP'], executed);
    expect(await verdictOn({ ...again, bytes: rewrite(again.bytes, ENDORSEMENTS, ([endorsement]) => [endorsement!, endorsement!]) })).toBe('ENDORSEMENT_POLICY_FAILURE');
    await verifyNoTrace('far', key, executed);
  });

  it('are not declared by endorsements of two proposals put together, though both are of the same target data', async () => {
    const { executed, key } = await execute('far');
    const bySouth = await endorseBy(['SouthMSP'], executed);
    const byEast = await endorseBy(['EastMSP'], executed);
    const mixed = rewrite(bySouth.bytes, ENDORSEMENTS, (own) => [...own, ...contentsAt(byEast.bytes, ENDORSEMENTS)]);
    expect(await verdictOn({ ...bySouth, bytes: mixed })).toBe('ENDORSEMENT_POLICY_FAILURE');
    await verifyNoTrace('far', key, executed);
  });
});

/** Same length, so that nothing else has to change. */
function replaceAll(bytes: Uint8Array, from: Buffer, to: Buffer): Uint8Array {
  const changed = Buffer.from(bytes);
  for (let at = changed.indexOf(from); at >= 0; at = changed.indexOf(from, at + 1)) to.copy(changed, at);
  return changed;
}
