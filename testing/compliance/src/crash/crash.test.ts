import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { createBlockSource, openFollower, openLedgerStore, validationCodeName } from '@selvedge/embedded-ledger';
import { createTestBootstrap, createTestConsortium, createTestGenesis, ORDERER_MSP_ID, type TestConsortium } from '@selvedge/fixtures';
import { Sequencer, type Block } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { createTransactionMaker, type MadeTransaction } from '../transaction-maker.js';
import { bundleProcess, startProcess, type ProcessUnderTest } from './process-under-test.js';

const BATCHES = 6;
const BATCH = 3;
const SEQUENCER_FAULTS = ['sequencer.before-sync:4', 'sequencer.after-sync:4', 'sequencer.before-ack:4', 'SIGKILL'];
const FOLLOWER_FAULTS = ['business.apply.before-sync:3', 'business.apply.after-sync:3', 'SIGKILL'];

describe('kill -9', () => {
  let directory: string;
  let consortium: TestConsortium;
  let make: ReturnType<typeof createTransactionMaker>;
  let bundles: { sequencer: string; follower: string };
  let sequencer: ProcessUnderTest;
  let follower: ProcessUnderTest;
  let listen = '127.0.0.1:0';
  const acknowledged: { readonly transaction: MadeTransaction; readonly blockNumber: bigint; readonly index: number }[] = [];
  const committed = new Map<string, unknown>();
  let serial = 0;

  const file = (name: string): string => path.join(directory, name);
  const startSequencer = async (crashAt?: string): Promise<void> => {
    const { mspId, orderer } = consortium.organisation(ORDERER_MSP_ID);
    const identity = { mspId, certificateFile: file('orderer.pem'), privateKeyFile: file('orderer.key') };
    writeFileSync(identity.certificateFile, orderer.certificatePem);
    writeFileSync(identity.privateKeyFile, orderer.privateKeyPem);
    const { network, channel } = consortium;
    sequencer = await startProcess(bundles.sequencer, file('sequencer.json'), { listen, network, channel, tls: 'off', directory: file('log'), identity, genesisFile: file('genesis') }, crashAt);
    listen = sequencer.address;
  };
  const startFollower = async (crashAt?: string): Promise<void> => {
    follower = await startProcess(bundles.follower, file('follower.json'), { directory: file('state'), signedProfileFile: file('profile'), sequencer: listen }, crashAt);
  };
  const submit = async (transaction: MadeTransaction): Promise<void> => {
    const connection = connectRpc(listen, { tls: 'off' });
    try {
      const place = await connection.client(Sequencer).submit({ transaction: transaction.bytes }, { timeoutMs: 3_000 });
      acknowledged.push({ transaction, blockNumber: place.blockNumber, index: place.index });
    } finally {
      connection.close();
    }
  };
  /** Submits until the batches are through or nobody answers any more. */
  const load = async (): Promise<void> => {
    for (let i = 0; i < BATCHES; i += 1) {
      const transactions = Array.from({ length: BATCH }, () => make({ writes: [{ key: `key-${String((serial += 1))}`, value: 'v' }] }));
      const outcomes = await Promise.allSettled(transactions.map(submit));
      if (outcomes.some(({ status }) => status === 'rejected')) return;
    }
  };
  const collect = ({ lines }: ProcessUnderTest): void => {
    for (const { committed: txId, code } of lines) committed.set(String(txId), code);
  };

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'selvedge-crash-'));
    consortium = await createTestConsortium();
    make = createTransactionMaker(consortium, await consortium.issueComputeNode());
    writeFileSync(file('genesis'), createTestGenesis(consortium));
    writeFileSync(file('profile'), consortium.signedProfile);
    const [one, two] = await Promise.all([bundleProcess('services/sequencer/src/main.ts', 'sequencer'), bundleProcess('testing/compliance/src/crash/follower-process.ts', 'follower')]);
    bundles = { sequencer: one, follower: two };
    await startSequencer();
    await startFollower();
    const connection = connectRpc(listen, { tls: 'off' });
    await connection.client(Sequencer).submit({ transaction: createTestBootstrap(consortium) });
    connection.close();
  });
  afterAll(async () => {
    await Promise.all([sequencer.kill(), follower.kill()]);
    rmSync(directory, { recursive: true });
  });

  it.each(SEQUENCER_FAULTS)('of the sequencer at %s loses nothing that it acknowledged', async (fault) => {
    await sequencer.kill();
    await startSequencer(fault === 'SIGKILL' ? undefined : fault);
    const timer = fault === 'SIGKILL' ? setTimeout(() => void sequencer.kill(), 20 + Math.random() * 60) : undefined;
    await load();
    await sequencer.ended;
    clearTimeout(timer);
    await startSequencer();
    await load();
  });

  it.each(FOLLOWER_FAULTS)('of a follower at %s loses nothing that it showed', async (fault) => {
    await follower.kill();
    collect(follower);
    await startFollower(fault === 'SIGKILL' ? undefined : fault);
    const timer = fault === 'SIGKILL' ? setTimeout(() => void follower.kill(), 100) : undefined;
    await load();
    await follower.ended;
    clearTimeout(timer);
    collect(follower);
    await startFollower();
  });

  it('leaves one chain, with every acknowledged transaction in its place, that every follower judges alike', async () => {
    await follower.kill();
    collect(follower);
    const connection = connectRpc(listen, { tls: 'off' });
    const source = createBlockSource(connection.client(Sequencer));
    const height = acknowledged.reduce((most, { blockNumber }) => (blockNumber >= most ? blockNumber + 1n : most), 0n);
    const open = async (name: string): Promise<ReturnType<typeof openFollower>> => {
      const opened = openFollower({ store: openLedgerStore({ directory: file(name) }), profile: consortium.profile, blocks: source, role: 'business' });
      opened.start();
      expect(await opened.waitForHeight(height, 10_000)).toBe(true);
      return opened;
    };
    const [survivor, fresh] = await Promise.all([open('state'), open('fresh')]);
    expect(toHex(survivor.head.commitHash)).toBe(toHex(fresh.head.commitHash));

    const blocks: Block[] = [];
    for await (const block of source(0n, AbortSignal.timeout(10_000))) {
      blocks.push(block);
      if (BigInt(blocks.length) === height) break;
    }
    expect(acknowledged.length).toBeGreaterThan(SEQUENCER_FAULTS.length * BATCHES);
    for (const { transaction, blockNumber, index } of acknowledged) {
      expect(Buffer.from(blocks[Number(blockNumber)]!.transactions[index]!).equals(transaction.bytes)).toBe(true);
      expect(survivor.state.result(transaction.txId)).toMatchObject({ blockNumber });
    }
    expect(committed.size).toBeGreaterThan(FOLLOWER_FAULTS.length);
    for (const [txId, code] of committed) expect(validationCodeName(survivor.state.result(Buffer.from(txId, 'hex'))!.code)).toBe(code);
    await Promise.all([survivor.close(), fresh.close()]);
    connection.close();
  });
});
