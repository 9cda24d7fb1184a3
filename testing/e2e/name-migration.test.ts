import path from 'node:path';
import type { Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endorseUntilRefused } from './src/endorse-until-refused.js';
import { LEDGERS, isMissing, startVaults } from './src/ledgers.js';
import { text, type TestNetwork } from './src/network.js';
import { killOnProgress, runCommand } from './src/run-command.js';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'guarded', 'gone'];
const CLOSED = ['x', 'y'];
const ADMINISTRATORS = ['AuroraMSP', 'BorealisMSP', 'NorthMSP', 'SouthMSP', 'EastMSP'].map((mspId) => `${mspId}/Admin`);
const PATIENCE = { timeout: 60_000, interval: 250 };

/** All entries of a contract are brought under a new name key by the operator's command, its queries going on. */
describe.each(LEDGERS)('the names of a contract on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork | undefined;
  let gateway: Gateway | undefined;
  let contract: Contract;
  let proposal: string;

  const keys = (command: string, ...options: string[]): ReturnType<typeof runCommand> => runCommand('--dir', test!.network.directory, '--json', 'keys', command, '-n', 'vaults', ...options);
  const policy = (...options: string[]): ReturnType<typeof runCommand> => runCommand('--dir', test!.network.directory, '--json', ...options);
  const migrate = (...options: string[]): ReturnType<typeof runCommand> => keys('migrate-names', ...options);
  const get = async (collection: string, key: string): Promise<string> => text(await contract.evaluateTransaction('Get', collection, key));
  const put = (collection: string, key: string, note: string): Promise<Uint8Array> => contract.submitTransaction('Put', collection, key, note);
  /** Whatever a contract can see of its state. */
  const seen = async (): Promise<unknown> => ({
    world: await Promise.all(KEYS.map((key) => get('', key))),
    closed: await Promise.all(CLOSED.map((key) => get('closed', key))),
    range: text(await contract.evaluateTransaction('Keys', 'closed')),
    protectors: text(await contract.evaluateTransaction('Protectors', '', 'guarded')),
    histories: await Promise.all(KEYS.map(async (key) => JSON.parse(text(await contract.evaluateTransaction('History', key))) as unknown)),
  });
  /** Has a step of the migration, as the command writes it, approved by administrators and recorded. */
  const approveStep = async (step: string, ...options: string[]): Promise<void> => {
    expect(await migrate('--output', proposal, ...options)).toMatchObject({ code: 0, value: { proposed: step } });
    await approve();
  };
  const approve = async (): Promise<void> => {
    for (const identity of ADMINISTRATORS) expect((await policy('--identity', identity, 'policy', 'approve', proposal)).code).toBe(0);
    expect(await policy('policy', 'submit', proposal)).toMatchObject({ code: 0 });
  };
  const isRefused = (code: string) => expect.poll(() => put('', 'a', 'x').then(() => 'committed', (error: unknown) => (error as { code: string }).code), PATIENCE).toBe(code);

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startVaults(ledger);
    proposal = path.join(test.directory, 'step.bin');
    gateway = await test.network.connect('AuroraMSP', { retry: { attempts: 20 } });
    contract = gateway.getNetwork('main').getContract('vaults');
    for (const key of KEYS) await put('', key, `${key} one`);
    for (const key of CLOSED) await put('closed', key, `${key} one`);
    await contract.submitTransaction('Append', '', 'a', ', two');
    await contract.submitTransaction('Delete', '', 'gone');
    await contract.submitTransaction('Protect', '', 'guarded', 'Org1MSP');
  });
  afterAll(async () => {
    gateway?.close();
    await test?.end();
  });

  it.skipIf(isSkipped)('change without anything that a contract sees, though the client that does it is killed', async () => {
    const before = await seen();
    expect((await keys('names')).value).toMatchObject({ phase: 'settled', current: '1', toCopy: '0', left: '0' });
    expect(await keys('names', '--identity', 'AuroraMSP/User1')).toMatchObject({ code: 1, value: { error: { code: 'RE_ENCRYPTION_DENIED' } } });
    expect(await migrate()).toMatchObject({ code: 2 });
    const early = await contract.newProposal('Put', { arguments: ['', 'b', 'late'] }).execute();

    await approveStep('open');
    await expect(endorseUntilRefused(early)).rejects.toMatchObject({ code: 'CONTRACT_MIGRATING' });
    await isRefused('CONTRACT_MIGRATING');
    expect(await seen()).toEqual(before);

    await killOnProgress('--dir', test!.network.directory, 'keys', 'migrate-names', '-n', 'vaults', '--output', proposal, '--keys-per-transaction', '2', '--pause', '60000');
    const { toCopy } = (await keys('names')).value as { toCopy: string };
    expect(Number(toCopy)).toBeGreaterThan(0);
    expect(Number(toCopy)).toBeLessThan(KEYS.length - 1 + CLOSED.length);
    expect(await seen()).toEqual(before);

    await approveStep('switch');
    await isRefused('CONTRACT_MIGRATING');
    await expect.poll(async () => ((await keys('names')).value as { current: string }).current, PATIENCE).toBe('2');
    expect((await keys('names')).value).toMatchObject({ phase: 'clearing', toCopy: '0', left: String(KEYS.length - 1 + CLOSED.length) });
    await expect.poll(() => seen(), PATIENCE).toEqual(before);

    const finished = await migrate('--approve-as', ...ADMINISTRATORS, '--keys-per-transaction', '3').catch(() => undefined);
    expect(finished).toMatchObject({ code: 0, value: { phase: 'settled', current: '2', toCopy: '0', left: '0', written: KEYS.length - 1 + CLOSED.length } });
    await expect.poll(() => seen(), PATIENCE).toEqual(before);
    await expect(endorseUntilRefused(early)).rejects.toMatchObject({ code: 'NAME_KEYS_CHANGED' });
  }, 600_000);

  it.skipIf(isSkipped)('are written under as before, with histories that go on', async () => {
    await expect.poll(() => put('', 'a', 'three').then(() => true, () => false), PATIENCE).toBe(true);
    await put('', 'guarded', 'two');
    await put('closed', 'z', 'new');
    await contract.submitTransaction('Delete', '', 'b');
    const notes = async (key: string): Promise<string[]> => (JSON.parse(text(await contract.evaluateTransaction('History', key))) as [string, string, string][]).map(([, , note]) => note);
    expect(await notes('a')).toEqual(['three', 'a one, two', 'a one']);
    expect(await notes('b')).toEqual(['(deleted)', 'b one']);
    expect(await notes('gone')).toEqual(['(deleted)', 'gone one']);
    expect([await get('', 'guarded'), text(await contract.evaluateTransaction('Keys', 'closed'))]).toEqual(['two', 'x,y,z']);
  }, 120_000);

  it.skipIf(isSkipped)('stay when a migration is given up, and are not those of the next one', async () => {
    const before = await seen();
    await approveStep('open');
    await isRefused('CONTRACT_MIGRATING');
    await killOnProgress('--dir', test!.network.directory, 'keys', 'migrate-names', '-n', 'vaults', '--output', proposal, '--keys-per-transaction', '4', '--pause', '60000');
    expect(await migrate('--abort', '--approve-as', ...ADMINISTRATORS)).toMatchObject({ code: 0, value: { phase: 'settled', current: '2', left: '0' } });
    await expect.poll(() => seen(), PATIENCE).toEqual(before);
    await expect.poll(() => put('', 'c', 'after').then(() => true, () => false), PATIENCE).toBe(true);
    expect(await migrate('--abort', '--approve-as', ...ADMINISTRATORS)).toMatchObject({ code: 1, value: { error: { code: 'NAME_MIGRATION_NOT_OPEN' } } });
  }, 300_000);

  it.skipIf(isSkipped)('change without an entry that nothing opens any more, once it is given up', async () => {
    expect(await policy('broker', 'rotate', '--contract', 'vaults', '--output', proposal)).toMatchObject({ code: 0 });
    await approve();
    const rest = KEYS.filter((key) => !['b', 'd', 'gone'].includes(key));
    await expect.poll(async () => {
      await put('', 'a', 'a last');
      return ((await policy('keys', 'epochs', '-n', 'vaults')).value as { datasets: { epochs: { epoch: string }[] }[] }).datasets[0]!.epochs.map(({ epoch }) => epoch);
    }, PATIENCE).toEqual(['1', '2']);
    for (const key of rest) await put('', key, `${key} last`);
    for (const key of [...CLOSED, 'z']) await put('closed', key, `${key} last`);
    expect(await policy('broker', 'revoke', '--epoch', 'vaults@1', '--output', proposal)).toMatchObject({ code: 0 });
    await approve();

    await expect.poll(async () => (await keys('names')).value, PATIENCE).toMatchObject({ phase: 'settled', current: '2', unreadable: '1', strays: '0' });
    expect(await migrate('--approve-as', ...ADMINISTRATORS)).toMatchObject({ code: 1, value: { error: { code: 'INVALID_CONFIGURATION', message: expect.stringContaining('--give-up 1') as string } } });
    expect(await migrate('--give-up', '2', '--approve-as', ...ADMINISTRATORS)).toMatchObject({ code: 1 });
    expect(await migrate('--give-up', '1', '--approve-as', ...ADMINISTRATORS)).toMatchObject({ code: 0, value: { phase: 'settled', current: '4', left: '0', unreadable: '0', strays: '1' } });
    await expect.poll(() => get('', 'd').catch(() => 'refused'), PATIENCE).toBe('');
    for (const key of rest) expect(await get('', key)).toBe(`${key} last`);
    expect(text(await contract.evaluateTransaction('Keys', 'closed'))).toBe('x,y,z');
  }, 300_000);
});
