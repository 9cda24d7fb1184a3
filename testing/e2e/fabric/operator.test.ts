import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startPlainChaincode } from '@selvedge/dev-network';
import { ordererArgs, runPeer } from '@selvedge/fabric-network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fabricMissing } from '../src/fabric.js';
import { commandBlocks, readPage, type CommandBlock } from '../src/operator/page.js';
import { collectionsOf } from '../src/plaintext/old-chaincode.js';
import { changeChaincode, changeVersion, createWorkplace, type CommandResult, type Workplace } from '../src/operator/workplace.js';

const TIMEOUT_MS = 600_000;
const MAX_ROUNDS = 6;
const blocks = commandBlocks(readPage());
const blocksOf = (who: string): readonly CommandBlock[] => blocks.filter((block) => block.who === who);

/** Runs a command of the page and expects it to succeed. */
async function succeed(workplace: Workplace, command: string): Promise<CommandResult> {
  const result = await workplace.run(command);
  expect(`${command}\n${String(result.code)}\n${result.code === 0 ? '' : result.err}`).toBe(`${command}\n0\n`);
  return result;
}

/** Runs a block's commands in order, as the page has them. `start` stays running. */
async function runBlock(workplace: Workplace, block: CommandBlock | undefined, before: (command: string) => void = () => undefined): Promise<Map<string, CommandResult>> {
  const results = new Map<string, CommandResult>();
  for (const command of block?.commands ?? []) {
    before(command);
    if (command.endsWith(' fabric start')) workplace.leaveRunning(command);
    else results.set(command, await succeed(workplace, command));
  }
  return results;
}

const resultOf = (results: ReadonlyMap<string, CommandResult>, part: string): CommandResult | undefined => [...results].find(([command]) => command.includes(part))?.[1];

describe('docs/fabric.md', () => {
  it('has no command that is not run here, and at most five until the first private transaction', () => {
    const page = readPage();
    expect(page.match(/```sh\n/g)?.length).toBe(blocks.length);
    expect(new Set(blocks.map(({ who }) => who))).toEqual(new Set(['one operator', 'operator of Org1', 'operator of Org2']));
    const [first] = blocksOf('one operator');
    expect(first?.commands.findIndex((command) => command.includes(' invoke '))).toBeLessThan(5);
  });
});

/** The page's commands, word for word, on a network of peers and an orderer that knows nothing of Selvedge. */
describe.skipIf(fabricMissing() !== undefined)('an operator of two organisations', () => {
  let workplace: Workplace;
  beforeAll(async () => {
    workplace = await createWorkplace(['Org1MSP', 'Org2MSP', 'Org3MSP']);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await workplace.end();
  });

  it('comes to the first private transaction', async () => {
    const results = await runBlock(workplace, blocksOf('one operator')[0]);
    expect(resultOf(results, 'fabric init')?.out).toContain('Org1MSP       business, endorser');
    expect(resultOf(results, 'fabric init')?.out).not.toContain('Org3MSP');
    expect(resultOf(results, 'fabric deploy')?.err).toMatch(/warning PEER_SETTINGS_UNSEEN: peer of Org2MSP: /);
    expect(resultOf(results, 'fabric deploy')?.out).toContain('contract assets 1.0.0 is ready: policy version 1, chaincode sequence 1');
    expect(resultOf(results, ' invoke ')?.err).toContain('committed transaction');
    expect(resultOf(results, ' query ')?.out).toBe('secret\n');
  }, TIMEOUT_MS);

  it('lets a third organisation join, and upgrades', async () => {
    const results = await runBlock(workplace, blocksOf('one operator')[1], (command) => {
      if (command.includes('fabric upgrade')) changeChaincode(workplace.directory, '2.0.0', { collection: 'org3Assets', mspId: 'Org3MSP' });
    });
    expect(resultOf(results, 'fabric status')?.out).toMatch(/assets\s+1-[0-9a-f]{12}\s+1\s+Org1MSP, Org2MSP\s+Org1MSP, Org2MSP/);
    expect(resultOf(results, 'fabric deploy')?.out).toContain('everything that can be done here was done before');
    expect(resultOf(results, 'add-business-node')?.err).toContain('network profile version 2 recorded');
    // Its implicit collection comes with its data.
    expect(resultOf(results, 'add-business-node')?.err).toContain('chaincode assets: committed as sequence 2');
    expect(resultOf(results, 'add-endorser')?.err).toContain('chaincode assets: committed as sequence 3');
    expect(resultOf(results, 'fabric upgrade')?.out).toMatch(/contract assets 2\.0\.0 is ready: policy version 4, chaincode sequence 4/);
    expect(resultOf(results, ' invoke ')?.out).toBe('asset1\n');
    const status = JSON.parse((await succeed(workplace, 'npx selvedge fabric status --json')).out) as { ready: boolean; contracts: { ownerSets: { name: string; owners: string[] }[] }[] };
    expect(status.ready).toBe(true);
    expect(status.contracts[0]?.ownerSets.find(({ name }) => name === 'org3Assets')?.owners).toEqual(['Org3MSP']);
  }, TIMEOUT_MS);

  it('upgrades step by step, with an administrator’s approval for each organisation, and leaves the chaincode definition as it is', async () => {
    const results = await runBlock(workplace, blocksOf('one operator')[2], (command) => {
      if (command.includes('contract package')) changeVersion(workplace.directory, '3.0.0');
    });
    expect(resultOf(results, 'Org1MSP/admin')?.out).toMatch(/approved by Org1MSP; 2 organisations are needed\n1 more of Org2MSP, Org3MSP have to approve/);
    expect(resultOf(results, 'contract list')?.out).toMatch(/proposed: assets 3\.0\.0, policy version 5, [\s\S]*approved by Org1MSP, Org2MSP; 2 organisations are needed\n {2}enough have approved: selvedge contract commit assets/);
    expect(resultOf(results, 'contract commit')?.out).toMatch(/contract assets 3\.0\.0 is in force since block \d+ and ready: policy version 5/);
    expect((await succeed(workplace, 'npx selvedge fabric deploy')).out).toContain('everything that can be done here was done before');
    expect((await succeed(workplace, 'npx selvedge fabric status')).out).toMatch(/assets\s+1-[0-9a-f]{12}\s+4\s/);
    expect((await succeed(workplace, `npx selvedge query -n assets -c '{"Args":["ReadAsset","org1Assets","asset1"]}'`)).out).toBe('secret\n');
  }, TIMEOUT_MS);

  it('brings another contract onto the channel by the same steps', async () => {
    const folder = path.join(workplace.directory, 'path/to/notes');
    cpSync(path.join(workplace.directory, 'path/to/chaincode'), folder, { recursive: true });
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as object;
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ ...manifest, name: 'notes', version: '1.0.0' }));
    await succeed(workplace, 'npx selvedge contract package path/to/notes -o notes.tar');
    await succeed(workplace, 'npx selvedge contract install notes.tar');
    expect((await succeed(workplace, 'npx selvedge contract approve notes.tar')).out).toContain('enough have approved: selvedge contract commit notes');
    expect((await succeed(workplace, 'npx selvedge contract commit notes')).out).toMatch(/contract notes 1\.0\.0 is in force since block \d+ and ready: policy version 1/);
    await succeed(workplace, `npx selvedge invoke -n notes -c '{"Args":["CreateAsset","org1Assets","asset1"]}' --transient '{"value":"c2VjcmV0"}'`);
    expect((await succeed(workplace, `npx selvedge query -n notes -c '{"Args":["ReadAsset","org1Assets","asset1"]}'`)).out).toBe('secret\n');
  }, TIMEOUT_MS);

  it('takes over a chaincode that runs on the channel already, with the private data that it has', async () => {
    const folder = path.join(workplace.directory, 'path/to/deeds');
    cpSync(path.join(workplace.directory, 'path/to/chaincode'), folder, { recursive: true });
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as object;
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ ...manifest, name: 'deeds', version: '1.0.0' }));
    const { fabric } = workplace;
    const collections = collectionsOf(folder);
    const old = await startPlainChaincode({ fabric, directory: folder, name: 'deeds', version: '0.9', mspIds: ['Org1MSP'], endorsementPolicy: "OR('Org1MSP.peer')", collections });
    const create = ['chaincode', 'invoke', '-C', 'mychannel', '-n', 'deeds', '-c', '{"Args":["CreateAsset","org1Assets","deed1"]}', '--transient', '{"value":"b2xkIHNlY3JldA=="}', '--waitForEvent'];
    const admin = fabric.admin('Org1MSP');
    await runPeer(fabric.program, admin, [...create, ...ordererArgs(fabric.orderer, admin), '--peerAddresses', admin.peer.address, '--tlsRootCertFiles', admin.peer.tlsRootCertificateFile]);
    await old.stop();
    expect(await workplace.run('npx selvedge fabric deploy path/to/deeds')).toMatchObject({ code: 1, err: expect.stringContaining('CHAINCODE_NAME_TAKEN') as string });

    writeFileSync(path.join(folder, 'selvedge.json'), JSON.stringify({ takesOver: collections.map(({ name }) => name) }));
    const takenOver = await succeed(workplace, 'npx selvedge fabric deploy path/to/deeds');
    expect(takenOver.out).toContain('contract deeds 1.0.0 is ready: policy version 1, chaincode sequence 2');
    expect(takenOver.err).toMatch(/warning WORLD_STATE_LEFT_BEHIND: deeds: chaincode of version 0\.9/);
    const read = `npx selvedge query -n deeds -c '{"Args":["ReadAsset","org1Assets","deed1"]}'`;
    expect((await succeed(workplace, read)).out).toBe('old secret\n');
    const invoke = (id: string): string => `npx selvedge invoke -n deeds -c '{"Args":["CreateAsset","org1Assets","${id}"]}' --transient '{"value":"c2VjcmV0"}'`;
    expect(await workplace.run(invoke('deed1'))).toMatchObject({ code: 1, err: expect.stringContaining('asset deed1 exists already') as string });
    await succeed(workplace, invoke('deed2'));
    expect((await succeed(workplace, 'npx selvedge fabric deploy')).out).toContain('everything that can be done here was done before');
  }, TIMEOUT_MS);

  it('changes the policy with approvals of several administrators', async () => {
    const results = await runBlock(workplace, blocksOf('one operator')[3]);
    expect(resultOf(results, 'Org2MSP/admin')?.out).toContain('2 of 2 approvals');
    expect(resultOf(results, 'policy show')?.out).toContain('revoked/node/compute-9');
  }, TIMEOUT_MS);

  it('is told what to do when something is wrong', async () => {
    expect(await workplace.run('npx selvedge fabric init -C mychannel --profile connection-org1.json --msp Org1MSP=organizations/org1')).toMatchObject({ code: 1, err: expect.stringContaining('--force') as string });
    expect(await workplace.run('npx selvedge fabric add-endorser Org9MSP')).toMatchObject({ code: 1, err: expect.stringContaining('Org9MSP is not on channel mychannel') as string });
    const strange = await workplace.run('npx selvedge --dir strange fabric init -C nochannel --profile connection-org1.json --msp Org1MSP=organizations/org1');
    expect(strange).toMatchObject({ code: 1, err: expect.stringContaining('FABRIC_COMMAND_FAILED') as string });
  }, TIMEOUT_MS);

  it('puts a viewer beside a business node, which shows the organisation’s people their own data, and nobody else', async () => {
    const results = await runBlock(workplace, blocksOf('one operator')[4]);
    expect(resultOf(results, 'add-viewer')?.err).toMatch(/network profile version \d+ recorded/);
    expect(resultOf(results, 'view key')?.out).toBe('secret\n');
    const foreign = await workplace.run('npx selvedge --identity Org2MSP/admin view key asset1 -n assets --collection org1Assets --viewer viewer-org1 --json');
    expect({ code: foreign.code, err: foreign.err }).toEqual({ code: 1, err: expect.stringContaining('READER_FOREIGN') as string });
    expect((await succeed(workplace, 'npx selvedge fabric status')).out).toMatch(/viewer-org1\s.*opens assets, deeds, notes/);
    expect((await succeed(workplace, 'npx selvedge fabric deploy')).out).toContain('everything that can be done here was done before');
  }, TIMEOUT_MS);

  it('is warned of a peer’s risky settings, by name', async () => {
    const file = path.join(workplace.directory, '.selvedge/selvedge-fabric.json');
    const deployment = JSON.parse(readFileSync(file, 'utf8')) as { organisations: { mspId: string; own?: object }[] };
    for (const organisation of deployment.organisations) {
      if (organisation.mspId === 'Org1MSP') organisation.own = { ...organisation.own, peerConfig: 'core.yaml', peerEnvironment: 'peer.env' };
      if (organisation.mspId === 'Org2MSP') organisation.own = { ...organisation.own, peerConfig: path.join(workplace.directory, 'organizations/org2/core.yaml') };
    }
    writeFileSync(file, JSON.stringify(deployment));
    // As in the core.yaml that Fabric's releases bring along.
    writeFileSync(path.join(workplace.directory, '.selvedge/core.yaml'), 'peer: {gossip: {reconnectInterval: 25s, pvtData: {pullRetryThreshold: 60s, reconciliationEnabled: true, skipPullingInvalidTransactionsDuringCommit: false}}}');
    writeFileSync(path.join(workplace.directory, '.selvedge/peer.env'), 'CORE_PEER_GOSSIP_RECONNECTINTERVAL=1s\n');
    const { warnings } = JSON.parse((await succeed(workplace, 'npx selvedge fabric deploy --json')).out) as { warnings: { code: string; message: string }[] };
    const of = (mspId: string): string[] => warnings.filter(({ message }) => message.startsWith(`peer of ${mspId}: `)).map(({ code }) => code);
    expect([of('Org1MSP'), of('Org2MSP'), of('Org3MSP')]).toEqual([['COMMIT_MAY_STALL', 'COMMIT_MAY_STALL', 'PACKETS_MAY_BE_LATE'], [], ['PEER_SETTINGS_UNSEEN']]);
  }, TIMEOUT_MS);
});

describe.skipIf(fabricMissing() !== undefined)('operators of one organisation each', () => {
  let workplace: Workplace;
  const at = (...parts: string[]): string => path.join(workplace.directory, ...parts);
  beforeAll(async () => {
    workplace = await createWorkplace(['Org1MSP', 'Org2MSP']);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await workplace.end();
  });

  it('bring a contract onto the channel together', async () => {
    const first = await runBlock(workplace, blocksOf('operator of Org1')[0]);
    expect(resultOf(first, 'fabric deploy')?.out).toContain('still to do: ');
    cpSync(at('org1/shared'), at('received'), { recursive: true });
    await runBlock(workplace, blocksOf('operator of Org2')[0]);

    const deploy = async (dir: string): Promise<boolean> => (JSON.parse((await succeed(workplace, `npx selvedge --dir ${dir} fabric deploy --json`)).out) as { complete: boolean }).complete;
    const complete = { org1: false, org2: false };
    for (let round = 0; round < MAX_ROUNDS && !(complete.org1 && complete.org2); round += 1) {
      for (const [from, to] of [['org2', 'org1'], ['org1', 'org2']] as const) {
        rmSync(at(to, 'shared/proposals'), { recursive: true, force: true });
        cpSync(at(from, 'shared'), at(to, 'shared'), { recursive: true });
        complete[to] = await deploy(to);
      }
    }
    expect(complete).toEqual({ org1: true, org2: true });
    await succeed(workplace, `npx selvedge --dir org2 invoke -n assets -c '{"Args":["CreateAsset","org2Assets","asset1"]}' --transient '{"value":"c2VjcmV0"}'`);
    expect((await succeed(workplace, `npx selvedge --dir org1 query -n assets -c '{"Args":["ReadAsset","org2Assets","asset1"]}'`)).out).toBe('secret\n');
  }, TIMEOUT_MS);
});
