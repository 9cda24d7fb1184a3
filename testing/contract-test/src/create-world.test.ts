import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld } from './create-world.js';
import type { World } from './world.js';

/** Packaging a chaincode with its dependencies is the most of it. */
const TIMEOUT_MS = 120_000;
const testdata = (name: string): string => path.join(import.meta.dirname, 'testdata', name);

describe('a world', () => {
  let world: World;
  let time = new Date('2026-03-01T12:00:00Z');
  beforeAll(async () => {
    world = await createWorld({ directory: testdata('notes'), others: [testdata('prices')], now: () => time });
  }, TIMEOUT_MS);
  afterAll(() => world.close());

  it('has the contract’s own name', () => {
    expect([world.contract, world.organisations]).toEqual(['notes', ['AuroraMSP', 'BorealisMSP', 'CelestaMSP']]);
  });

  it('commits what a function wrote, and shows it', { timeout: TIMEOUT_MS }, async () => {
    const put = await world.submit('put', ['first', 'hello']);
    expect(put).toEqual({ transactionId: expect.stringMatching(/^[0-9a-f]{64}$/) as string, result: 'first', writes: [{ collection: '', key: 'first', value: 'hello' }], event: { name: 'Noted', payload: 'first' } });
    expect(await world.evaluate('get', ['first'])).toMatchObject({ result: 'hello', writes: [], event: undefined });
  });

  it('shows the last write of a key', async () => {
    await world.submit('put', ['gone', 'x']);
    expect((await world.submit('remove', ['gone'])).writes).toEqual([{ collection: '', key: 'gone', value: undefined }]);
    await expect(world.evaluate('get', ['gone'])).rejects.toMatchObject({ code: 'CHAINCODE_ERROR' });
  });

  it('keeps nothing of an evaluation, nor of an execution that is not committed', async () => {
    await world.evaluate('put', ['asked', 'x']);
    const { writes } = await world.execute('put', ['executed', 'x']);
    expect(writes).toHaveLength(1);
    for (const key of ['asked', 'executed']) await expect(world.evaluate('get', [key])).rejects.toThrow(`chaincode response 500, there is no note ${key}`);
  });

  it('commits the first of two that rest on the same state, and not the second', async () => {
    await world.submit('put', ['rival', 'a']);
    const [one, other] = [await world.execute('extend', ['rival', 'b']), await world.execute('extend', ['rival', 'c'])];
    expect(await one.commit()).toBe('VALID');
    await expect(other.commit()).rejects.toMatchObject({ code: 'STALE_READ', role: 'endorser' });
    expect(await world.evaluate('get', ['rival'])).toMatchObject({ result: 'ab' });
  });

  it('takes transient fields, and lets members alone see a collection that says so', async () => {
    await expect(world.submit('hide', ['shared', 'k'])).rejects.toThrow('the transient field value is missing');
    expect((await world.submit('hide', ['shared', 'k'], { transient: { value: 'secret' } })).writes).toEqual([{ collection: 'shared', key: 'k', value: 'secret' }]);
    expect(await world.evaluate('reveal', ['shared', 'k'], { as: 'BorealisMSP' })).toMatchObject({ result: 'secret' });
    await expect(world.evaluate('reveal', ['shared', 'k'], { as: 'CelestaMSP' })).rejects.toThrow(/tx creator does not have read access permission/);
    await world.submit('hide', ['ours', 'k'], { transient: { value: Buffer.from('theirs') } });
    expect(await world.evaluate('reveal', ['ours', 'k'])).toMatchObject({ result: 'theirs' });
    await expect(world.submit('hide', ['none', 'k'], { transient: { value: 'x' } })).rejects.toThrow(/collection trade\/notes\/none could not be found/);
  });

  it('has users with attributes, and a time of its own', async () => {
    const user = await world.user('BorealisMSP', { name: 'blue', attributes: { colour: 'blue' } });
    expect(await world.evaluate('whoAndWhen', [], { as: user })).toMatchObject({ result: 'BorealisMSP blue 2026-03-01T12:00:00.123Z' });
    time = new Date('2027-04-02T12:00:00Z');
    expect(await world.evaluate('whoAndWhen')).toMatchObject({ result: 'AuroraMSP none 2027-04-02T12:00:00.123Z' });
    await expect(world.evaluate('whoAndWhen', [], { as: { ...user } })).rejects.toThrow('the user is of another world');
    await expect(world.user('NobodyMSP')).rejects.toThrow('no organisation NobodyMSP');
  });

  it('has other contracts, whose writes join the transaction', { timeout: TIMEOUT_MS }, async () => {
    const { result, writes } = await world.submit('price', ['ruby']);
    expect([result, writes]).toEqual(['4', [{ contract: 'prices', collection: '', key: 'asked ruby', value: 'yes' }]]);
    expect(await world.evaluate('priceOf', ['opal'], { contract: 'prices' })).toMatchObject({ result: '4' });
    expect(world.output()).toContain('asks for the price of ruby');
  });

  it('refuses functions whose results it cannot release', async () => {
    await expect(world.submit('late')).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED' });
  });
});

it('says why a contract does not start', async () => {
  const world = await createWorld({ directory: testdata('broken') });
  try {
    await expect(world.evaluate('any')).rejects.toMatchObject({ code: 'CHAINCODE_START_FAILED', message: expect.stringMatching(/it printed:\n(.*\n)*.*Error: settings are missing/) as string });
  } finally {
    await world.close();
  }
}, TIMEOUT_MS);

it('refuses what a deployment would refuse, and two contracts of one name', async () => {
  await expect(createWorld({ directory: testdata('nowhere') })).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  await expect(createWorld({ directory: testdata('notes'), others: [testdata('notes')] })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
}, TIMEOUT_MS);
