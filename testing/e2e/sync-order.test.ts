import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIAMONDS, startTestNetwork, stone, type TestNetwork } from './src/network.js';

/**
 * SIGKILL keeps the page cache, so crash tests alone cannot show that data is synced before it is acknowledged. Here
 * every process traces its syncs and acknowledgements, and each transaction's must come in the right order.
 */
describe('each sync precedes its acknowledgement', () => {
  const TRANSACTIONS = 12;
  let test: TestNetwork;
  const txIds: string[] = [];

  /** Names of traced moments of one node, in order, whose subject holds this text. */
  const moments = (node: string, subject: string): string[] =>
    readFileSync(path.join(test.directory, `${node}.trace`), 'utf8')
      .split('\n')
      .filter((line) => line.includes(subject))
      .map((line) => line.split(' ')[1] ?? '');

  const expectOrder = (actual: readonly string[], expected: readonly string[]): void => {
    const positions = expected.map((name) => actual.indexOf(name));
    expect(positions, `${expected.join(', ')} in ${actual.join(', ')}`).not.toContain(-1);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  };

  beforeAll(async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-sync-'));
    test = await startTestNetwork({ directory, environment: ({ name }) => ({ SELVEDGE_TRACE_FILE: path.join(directory, `${name}.trace`) }) });
    await test.network.deploy(DIAMONDS);
    const gateway = await test.network.connect('AuroraMSP');
    const contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds');
    await Promise.all(
      Array.from({ length: TRANSACTIONS }, async (_, index) => {
        const submitted = await contract.submitAsync('LoadStones', { transientData: { stones: JSON.stringify([stone(`SYNC-${String(index)}`)]) } });
        await submitted.verifyCommitted();
        txIds.push(submitted.getTransactionId());
      }),
    );
    gateway.close();
  });

  afterAll(() => test.end());

  it('a business node syncs packets before it signs for them, and a block before it reports its verdicts', () => {
    for (const txId of txIds) {
      expectOrder(moments('business-aurora', txId), [
        'business.stage.before-sync',
        'business.stage.after-sync',
        'business.stage.before-ack',
        'business.apply.before-sync',
        'business.apply.after-sync',
        'business.commit.before-ack',
      ]);
    }
  });

  it('the sequencer syncs a block before it acknowledges or sends it', () => {
    const trace = readFileSync(path.join(test.directory, 'sequencer.trace'), 'utf8').trim().split('\n');
    const blocks = new Set(trace.filter((line) => line.includes('sequencer.after-sync')).map((line) => line.split(' ')[2]));
    expect(blocks.size).toBeGreaterThan(2);
    for (const block of blocks) {
      const own = trace.filter((line) => line.split(' ')[2] === block).map((line) => line.split(' ')[1] ?? '');
      expectOrder(own, ['sequencer.before-sync', 'sequencer.after-sync', 'sequencer.before-send']);
      if (own.includes('sequencer.before-ack')) expectOrder(own, ['sequencer.after-sync', 'sequencer.before-ack']);
    }
  });

  it('the key broker syncs its audit log before it hands out keys', () => {
    const trace = readFileSync(path.join(test.directory, 'key-broker.trace'), 'utf8').trim().split('\n').map((line) => line.split(' ')[1] ?? '');
    const releases = trace.flatMap((name, index) => (name === 'key-broker.release.before-ack' ? [index] : []));
    expect(releases.length).toBeGreaterThan(0);
    for (const release of releases) {
      const before = trace.slice(0, release);
      expect(before.lastIndexOf('key-broker.audit.after-sync')).toBeGreaterThan(before.lastIndexOf('key-broker.audit.before-sync'));
    }
  });
});
