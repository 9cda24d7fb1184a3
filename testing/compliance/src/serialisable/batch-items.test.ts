import { isSelvedgeError } from '@selvedge/errors';
import { maskItems, parseCore, withDependents, type Core, type TargetData } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProgramNetwork, type ExecutedCalls, type ProgramNetwork } from './network.js';
import type { Call } from './programs.js';

const call = (program: Call['program'], key: string, colour = 'red'): Call => ({ dataset: 'auroraStones', program, key, end: '', colour, other: '', n: 1 });

describe('one item of a batch', () => {
  let network: ProgramNetwork;
  beforeAll(async () => {
    network = await startProgramNetwork();
  });
  afterAll(() => network.close());

  const txIdOf = ({ items }: ExecutedCalls, item: number): Uint8Array => (items[item] as { readonly txId: Uint8Array }).txId;
  const coresOf = (targetData: TargetData): Core[] => targetData.cores.map(parseCore);
  const keeping = (targetData: TargetData, ...kept: number[]): TargetData => maskItems(targetData, coresOf(targetData), new Set([...targetData.cores.keys()].filter((item) => !kept.includes(item))));
  const commit = async (txId: Uint8Array, targetData: TargetData): Promise<readonly string[]> => network.order([{ txId, transaction: await network.endorse({ targetData }) }]);
  const endorsing = async (targetData: TargetData): Promise<string> => {
    try {
      await network.endorse({ targetData });
      return 'endorsed';
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
      return error.code;
    }
  };
  const commitCall = async (one: Call): Promise<void> => {
    const { txId, targetData } = await network.execute(one);
    expect(await commit(txId, targetData)).toEqual(['VALID']);
  };
  const read = async (key: string): Promise<string> => (await network.execute(call('repaint', key))).result;

  it('is not committed a second time, not even by itself under an endorsement of its own', async () => {
    const batch = await network.executeBatch([call('insert', 'a0'), call('insert', 'a1')]);
    const again = await network.endorse({ targetData: keeping(batch.targetData, 1) });
    expect(await commit(txIdOf(batch, 0), batch.targetData)).toEqual(['VALID']);
    await commitCall(call('repaint', 'a1', 'blue'));
    // An insert reads nothing: but for its id it would be valid, and the stone red again.
    await network.order([{ txId: txIdOf(batch, 1), transaction: again }]);
    await commitCall(call('insert', 'a2'));
    expect(await read('a1')).toContain('blue');
    expect(await endorsing(keeping(batch.targetData, 1))).toBe('DUPLICATE_TXID');
  });

  it('that is dropped has left nothing behind, and its transaction id is not used up', async () => {
    const batch = await network.executeBatch([call('insert', 'b0'), call('insert', 'b1')]);
    const [first, second] = await Promise.all([network.endorse({ targetData: keeping(batch.targetData, 0) }), network.endorse({ targetData: keeping(batch.targetData, 1) })]);
    expect(await network.order([{ txId: txIdOf(batch, 1), transaction: second }])).toEqual(['VALID']);
    expect(await network.order([{ txId: txIdOf(batch, 0), transaction: first }])).toEqual(['VALID']);
  });

  it('that is dropped takes with it what rests on it, or endorsers refuse', async () => {
    const { items, targetData } = await network.executeBatch([call('insert', 'c0'), call('repaint', 'c0', 'blue'), call('insert', 'c1')]);
    const cores = coresOf(targetData);
    expect(await endorsing(maskItems(targetData, cores, new Set([0])))).toBe('STALE_READ');
    const dropped = withDependents(cores, new Set([0]));
    expect([...dropped]).toEqual([0, 1]);
    expect(await commit((items[2] as { readonly txId: Uint8Array }).txId, maskItems(targetData, cores, dropped))).toEqual(['VALID']);
    expect(await read('c0')).not.toContain('red');
    expect(await read('c1')).toContain('red');
  });
});
