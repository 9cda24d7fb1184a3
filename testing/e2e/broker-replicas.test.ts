import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repetitions } from '@selvedge/fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBrokerRoot, verifyAuditChain, EMPTY_CHAIN } from '@selvedge/attestation';
import { fetchUnlockStatus, loadTls, openNextEpochs } from '@selvedge/client';
import { toHex } from '@selvedge/crypto';
import { layoutOf, openPolicySession, type PolicySession } from '@selvedge/dev-network';
import { CHANNEL_EPOCH, verifySignedProfile } from '@selvedge/policy';
import { whenCaughtUp } from './src/key-changes.js';
import { createKeyRequester, type AnsweredRequest, type KeyRequester } from './src/key-requests.js';
import { DIAMONDS, startTestNetwork, type TestNetwork } from './src/network.js';

const KILLS = repetitions({ ordinary: 10, soak: 50 });
const REQUESTERS = 3;
const BROKERS = ['key-broker', 'key-broker-2'] as const;

let test: TestNetwork;
let session: PolicySession;
const requesters: KeyRequester[] = [];
const network = () => ({ connectionProfile: test.network.connectionProfile(), profile: verifySignedProfile(test.network.signedProfile), now: new Date() });

/** Of a compute node that judges keys by what the ledger records now. */
async function requesterOf(nodeId: string): Promise<KeyRequester> {
  const requester = createKeyRequester({ ...network(), layout: layoutOf(test.directory), ledger: await session.view(), operator: await test.network.identity('NorthMSP', 'peer0'), nodeId });
  requesters.push(requester);
  return requester;
}

beforeAll(async () => {
  test = await startTestNetwork({ brokers: 2, computeNodes: 0, endorserOrganisations: ['NorthMSP'], readyTimeoutMs: 120_000 });
  await test.network.deploy(DIAMONDS);
  session = openPolicySession(network());
  for (let i = 1; i <= REQUESTERS; i += 1) await requesterOf(`node-${String(i)}`);
});

afterAll(async () => {
  session.close();
  for (const requester of requesters) requester.close();
  await test.end();
});

const addressOf = (name: string): string => test.network.node(name).address;

/** Every key of a release, so that any difference shows. */
const keysOf = ({ release }: AnsweredRequest): string =>
  JSON.stringify([release.envelopeKeys, release.contracts], (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : typeof value === 'bigint' ? String(value) : value));

/** The quorum that shows a replica the ledger may be a block behind. */
async function untilSecondEpoch(requester: KeyRequester): Promise<AnsweredRequest> {
  let answer = await requester.request();
  const epochs = async (): Promise<bigint[]> => {
    answer = await requester.request();
    return answer.release.contracts.flatMap((contract) => contract.epochs.map(({ epoch }) => epoch));
  };
  await expect.poll(epochs, { timeout: 120_000, interval: 50 }).toEqual([1n, 2n]);
  return answer;
}

/** The replica's audit log, verified from its first entry on. */
function auditOf(name: string): { readonly events: string[]; readonly hash: string } {
  const { issuer } = answers[0]!.release;
  const lines = readFileSync(path.join(test.network.node(name).dataDirectory, 'audit.jsonl'), 'utf8').split('\n').slice(0, -1);
  const head = verifyAuditChain(lines, parseBrokerRoot(issuer).publicKey, EMPTY_CHAIN);
  return { events: lines.map((line) => (JSON.parse((JSON.parse(line) as { body: string }).body) as { event: string }).event), hash: toHex(head.hash) };
}

const answers: AnsweredRequest[] = [];

describe('two replicas of the key broker', () => {
  it('answer every request with the same keys while one of them is killed and restarted again and again', async () => {
    let isOver = false;
    const failures: unknown[] = [];
    const asking = requesters.map(async (requester) => {
      while (!isOver) {
        try {
          answers.push(await requester.request());
        } catch (error) {
          failures.push(error);
        }
      }
    });
    for (let kill = 0; kill < KILLS; kill += 1) {
      const name = BROKERS[kill % BROKERS.length]!;
      const before = answers.length;
      await test.network.kill(name);
      // Somebody is answered while it is down.
      await expect.poll(() => answers.length, { timeout: 120_000, interval: 10 }).toBeGreaterThan(before + REQUESTERS);
      // It comes back without any organisation: the other replica gives it the root.
      await test.network.restart(name);
    }
    isOver = true;
    await Promise.all(asking);
    expect(failures).toEqual([]);
    expect(new Set(answers.map(keysOf)).size).toBe(1);
    expect(answers[0]!.release.contracts.map(({ contract }) => contract)).toEqual(['diamonds']);
    expect(new Set(answers.map(({ address }) => address))).toEqual(new Set(BROKERS.map(addressOf)));
  }, 600_000);

  it('issue certificates under one root, none with the number of another', () => {
    const serials = answers.map(({ release }) => new X509Certificate(release.certificate.der).serialNumber);
    expect(new Set(serials).size).toBe(serials.length);
    expect(new Set(answers.map(({ release }) => toHex(release.issuer))).size).toBe(1);
  });

  it('keep an audit log each, which tells of every hand-over', () => {
    const [first, second] = BROKERS.map(auditOf);
    const count = ({ events }: { readonly events: readonly string[] }, event: string): number => events.filter((other) => other === event).length;
    expect(first!.events[0]).toBe('created');
    expect(second!.events[0]).toBe('joined');
    expect(count(first!, 'unlocked')).toBe(Math.floor(KILLS / 2));
    expect(count(second!, 'unlocked')).toBe(Math.floor(KILLS / 2));
    expect(count(first!, 'root-shared')).toBeGreaterThanOrEqual(KILLS / 2 + 1);
    expect(count(second!, 'root-shared')).toBeGreaterThanOrEqual(Math.floor(KILLS / 2));
    expect(first!.hash).not.toBe(second!.hash);
  });

  it('know the keys of an epoch that was opened while they were down', async () => {
    const [first, second] = BROKERS;
    await test.network.kill(second);
    const keys = [CHANNEL_EPOCH, 'diamonds'];
    const administrators = await Promise.all(network().profile.message.organisations.map(({ mspId }) => test.network.identity(mspId, 'Admin')));
    await session.change(await whenCaughtUp(async () => openNextEpochs(network(), await session.view(), keys)), administrators);
    const requester = await requesterOf('node-1');
    const one = await untilSecondEpoch(requester);
    await test.network.restart(second);
    await test.network.kill(first);
    const other = await untilSecondEpoch(requester);
    await test.network.restart(first);
    expect([one.address, other.address]).toEqual([first, second].map(addressOf));
    expect(keysOf(one)).toBe(keysOf(other));
  });

  it('need the organisations when none of them is up', async () => {
    for (const name of BROKERS) await test.network.kill(name);
    await test.network.restart('key-broker-2');
    await test.network.restart('key-broker');
    const { connectionProfile, profile, now } = network();
    for (const name of BROKERS) expect(await fetchUnlockStatus({ address: addressOf(name), tls: loadTls(connectionProfile), profile, now })).toMatchObject({ locked: false });
    expect(auditOf('key-broker-2').events.filter((event) => event === 'started')).toHaveLength(1);
    const [one, other] = [await requesters.at(-1)!.request(), await (await requesterOf('node-1')).request()];
    expect(keysOf(one)).toBe(keysOf(other));
  });
});
