import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { backUpBrokerStore, BROKER_AUDIT_FILE } from '@selvedge/attestation/process';
import { layoutOf, openNetworkFolder } from '@selvedge/dev-network';
import { facts } from '@selvedge/policy';
import { parseMessage, SignedKeyCommitmentsSchema } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPECTED_BATCHED, runBatchedWorkload, type BatchedOutcomes } from './canary/batched-workload.js';
import { buildLeakingBundles, LEAKS } from './canary/control-build.js';
import { runControlWorkload, UNUSED_SECRETS } from './canary/control-workload.js';
import { readKeyMaterial, type KeyMaterial } from './canary/key-material.js';
import { CANARY, startObservedNetwork, type ObservedNetwork } from './canary/observed-network.js';
import { areCodeTreesUnchanged, findingsIn, lookEverywhere, PLACES, searchError } from './canary/places.js';
import { coreLimit, descriptors, holdersOf, socketsOf, withDescendants } from './canary/processes.js';
import { readableIn } from './canary/raw-capture.js';
import { EXPECTED_REFUSALS, runRefusedRequests } from './canary/refused-requests.js';
import { createSearch, type Finding } from './canary/search.js';
import { createSecrets, markersOf } from './canary/secrets.js';
import { EXPECTED_VIEWS, runViews } from './canary/views.js';
import { contractOf, EXPECTED_OUTCOMES, runWorkload, type Outcomes } from './canary/workload.js';
import { text } from './network.js';

function keyMaterialOf({ network, deployment, directory }: Pick<ObservedNetwork, 'network' | 'deployment' | 'directory'>): Promise<KeyMaterial> {
  const { channel, network: name } = network.connectionProfile();
  return readKeyMaterial(directory, { network: name, channel, contract: deployment.name, suite: deployment.policy.suite });
}

/** A backup of the key broker's store among its files, for the search. */
function backUpBroker({ directory }: Pick<ObservedNetwork, 'directory'>): void {
  const broker = layoutOf(directory).nodeDirectory('key-broker');
  writeFileSync(path.join(broker, 'broker.backup'), backUpBrokerStore(path.join(broker, 'data')));
}

describe('canaries: marked secrets and the keys', () => {
  const secrets = createSecrets();
  let observed: ObservedNetwork;
  let keys: KeyMaterial;
  let worked: Outcomes;
  /** The same through the other suite. */
  let workedInSm: Outcomes;
  /** In batches, likewise. */
  let batched: BatchedOutcomes;
  let refused: Outcomes;
  /** Through viewers. */
  let seen: Outcomes;
  let afterRestart: string;
  let end: (() => Promise<void>) | undefined;
  const findings: Finding[] = [];

  beforeAll(async () => {
    observed = await startObservedNetwork({ brokers: 2, viewers: true, suites: ['P256-AES256GCM-SHA256', 'SM2-SM4GCM-SM3'], businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'] });
    const { network } = observed;
    end = () => observed.end();
    keys = await keyMaterialOf(observed);
    worked = await runWorkload(observed, secrets);
    seen = await runViews(observed, secrets);
    const inSm = { ...observed, deployment: await network.deploy(CANARY, { name: 'canary-sm', suite: 'SM2-SM4GCM-SM3' }) };
    workedInSm = await runWorkload(inSm, secrets);
    batched = await runBatchedWorkload(inSm, secrets);
    backUpBroker(observed);
    const refusals = await runRefusedRequests(observed, secrets, keys);
    refused = refusals.outcomes;
    const search = createSearch([...markersOf(secrets), ...keys.markers, ...(await keyMaterialOf(inSm)).markers, refusals.marker]);
    findings.push(...(await lookEverywhere(observed, search)));

    await Promise.all([...['business-aurora', 'key-broker', 'sequencer'].map((node) => network.kill(node)), network.kill('compute-1', 'SIGTERM')]);
    await Promise.all(['sequencer', 'business-aurora', 'key-broker', 'compute-1'].map((node) => network.restart(node)));
    const gateway = await network.connect('AuroraMSP');
    afterRestart = text(await contractOf(observed, gateway).evaluateTransaction('Get', 'secrets', secrets.key));
    gateway.close();
    findings.push(...(await lookEverywhere(observed, search)));
    for (const [step, error] of [...worked.errors, ...workedInSm.errors, ...batched.errors, ...refused.errors, ...seen.errors]) findings.push(...searchError(step, error, search));
  });

  afterAll(async () => {
    await end?.();
  });

  it('went through every kind of request, refusal and restart', () => {
    expect(Object.keys(worked.byStep).sort()).toEqual(Object.keys(EXPECTED_OUTCOMES).sort());
    for (const [step, expected] of Object.entries(EXPECTED_OUTCOMES)) for (const { byStep } of [worked, workedInSm]) expect(byStep[step], step).toMatch(expected);
    expect(batched.byStep).toEqual(EXPECTED_BATCHED);
    expect(batched.batches).toEqual([10, 5]);
    expect(refused.byStep).toEqual(EXPECTED_REFUSALS);
    expect(seen.byStep).toEqual(EXPECTED_VIEWS);
    expect(afterRestart).toBe(`${secrets.value}2`);
    expect(readFileSync(path.join(layoutOf(observed.directory).nodeDirectory('key-broker-2'), 'data', BROKER_AUDIT_FILE), 'utf8')).toContain('joined');
  });

  it.each(PLACES)('are not in the place: %s', (place) => {
    expect(findingsIn(place, findings)).toEqual([]);
  });

  it('are nowhere else', () => {
    expect(findings).toEqual([]);
  });

  it('were looked for in captures of every node', () => {
    const { network, captures, intercepted } = observed;
    expect([...intercepted.keys()].sort()).toEqual(network.nodes().map(({ name }) => name).sort());
    for (const node of intercepted.keys()) {
      expect(statSync(path.join(captures, `${node}.bodies`)).size, node).toBeGreaterThan(1_000);
      // A replica of the key broker is asked for its root, and hardly for more.
      expect(statSync(path.join(captures, `${node}.headers`)).size, node).toBeGreaterThan(500);
    }
  });

  it('travelled under TLS: on the wire there is no method, no organisation and no certificate to read', () => {
    const { network, captures, intercepted } = observed;
    const { endorsers, businessNodes } = network.connectionProfile();
    const spoken = [...endorsers, ...businessNodes].map(({ mspId }) => mspId);
    for (const node of intercepted.keys()) {
      const wire = readFileSync(path.join(captures, `${node}.wire`));
      expect(wire.length, node).toBeGreaterThan(1_000);
      expect(readableIn(wire, [...spoken, 'BEGIN CERTIFICATE']), node).toEqual([]);
    }
    // The same names, as the recording proxies see them.
    const bodies = readFileSync(path.join(captures, 'compute-1.bodies'));
    expect([...new Set(spoken)].filter((mspId) => bodies.includes(mspId))).not.toEqual([]);
  });

  it('were looked for with the very keys that the ledger commits to', async () => {
    const { directory, deployment } = observed;
    const session = (await openNetworkFolder(directory)).openPolicySession();
    try {
      const fact = (await session.view()).fact(facts.epoch(deployment.name, 1n));
      const { commitments } = parseMessage(SignedKeyCommitmentsSchema, fact ?? new Uint8Array(0), 100_000);
      expect(Buffer.from(commitments).equals(keys.commitments)).toBe(true);
    } finally {
      session.close();
    }
  });

  it('were not written into the copies of the contract’s package', async () => {
    expect(await areCodeTreesUnchanged(observed)).toBe(true);
  });

  describe.runIf(process.platform === 'linux')('have no way around the proxies:', () => {
    const family = (): number[] => withDescendants(observed.network.nodes().map(({ pid }) => pid));
    const chaincodes = (): number[] => {
      const compute = observed.network.nodes().filter(({ service }) => service === 'compute').map(({ pid }) => pid);
      return withDescendants(compute).filter((pid) => !compute.includes(pid));
    };

    it('every listening socket has a proxy in front of it, those for chaincode apart, which lie within the TEE', () => {
      const sockets = socketsOf(family());
      const listening = sockets.filter(({ protocol, isListening }) => protocol !== 'unix' && isListening).map(({ local }) => local);
      // What is scraped on loopback is searched as it is.
      const scraped = observed.network.nodes().flatMap(({ monitoring }) => (monitoring === undefined ? [] : [monitoring]));
      expect([...new Set(listening)].sort()).toEqual([...observed.intercepted.values(), ...scraped].sort());
      expect(sockets.filter(({ protocol }) => protocol.startsWith('udp'))).toEqual([]);
      const { dataDirectory } = observed.network.node('compute-1');
      const local = sockets.filter(({ protocol, isListening }) => protocol === 'unix' && isListening);
      expect(local.length).toBeGreaterThan(0);
      for (const { local: name, pid } of local) {
        expect(name.startsWith(path.join(dataDirectory, 'p') + path.sep), name).toBe(true);
        expect(pid).toBe(observed.network.node('compute-1').pid);
      }
      expect(statSync(path.join(dataDirectory, 'p')).mode & 0o077).toBe(0);
    });

    it('no process of the network dials another but through its proxy', () => {
      const behind = new Set(observed.intercepted.values());
      const remotes = socketsOf(family()).filter(({ isListening }) => !isListening).map(({ remote }) => remote);
      expect(remotes.filter((remote) => behind.has(remote))).toEqual([]);
      const proxies = new Set(observed.network.nodes().map(({ dialAddress }) => dialAddress));
      expect(remotes.filter((remote) => proxies.has(remote)).length).toBeGreaterThan(0);
    });

    it('what the chaincode prints reaches its compute node alone, and it leaves no core dump', () => {
      const members = chaincodes();
      const compute = observed.network.node('compute-1').pid;
      expect(members.length).toBeGreaterThan(0);
      for (const pid of members) {
        expect(coreLimit(pid)).toBe('0');
        const outputs = descriptors(pid).filter(({ number }) => number === 1 || number === 2);
        expect(outputs).toHaveLength(2);
        for (const { target } of outputs) {
          expect(target).toMatch(/^(pipe|socket):/);
          for (const holder of holdersOf(target)) expect([compute, ...members]).toContain(holder);
        }
      }
    });
  });
});

describe('canaries, in a network that leaks on purpose', () => {
  const secrets = createSecrets();
  const bundles = mkdtempSync(path.join(tmpdir(), 'selvedge-leaks-'));
  let observed: ObservedNetwork | undefined;
  let outcomes: Outcomes;
  const findings: Finding[] = [];

  beforeAll(async () => {
    observed = await startObservedNetwork({ bundles: await buildLeakingBundles(bundles), businessOrganisations: ['AuroraMSP'], endorserOrganisations: ['BorealisMSP'] });
    outcomes = await runControlWorkload(observed, secrets);
    const search = createSearch([...markersOf(secrets), ...(await keyMaterialOf(observed)).markers]);
    findings.push(...(await lookEverywhere(observed, search)));
    for (const [step, error] of outcomes.errors) findings.push(...searchError(step, error, search));
  });

  afterAll(async () => {
    await observed?.end();
    rmSync(bundles, { recursive: true, force: true });
  });

  it('went through its requests', () => {
    const { 'unknown collection, as it travels': leaked, ...others } = outcomes.byStep;
    expect(leaked).toBe('DATASET_UNKNOWN');
    expect(Object.values(others).every((outcome) => outcome === 'ok'), JSON.stringify(others)).toBe(true);
  });

  it.each(LEAKS)('are caught: $what', ({ marker, place, at }) => {
    expect(findingsIn(place, findings).filter((finding) => finding.marker === marker && finding.place.includes(at))).not.toEqual([]);
  });

  it('are caught in every place where they are looked for', () => {
    expect([...new Set(LEAKS.map(({ place }) => place))].sort()).toEqual([...PLACES].sort());
  });

  it('are not found where there are none', () => {
    const found = new Set(findings.map(({ marker }) => marker));
    for (const unused of [...UNUSED_SECRETS, 'unlock secret', 'root secret', 'root private key']) expect(found).not.toContain(unused);
  });
});
