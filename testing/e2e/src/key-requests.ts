import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyRequest, createSimulatedAttester, openKeyRelease, type OpenedKeyRelease } from '@selvedge/attestation';
import { keyBrokerAddresses, loadTls, type ConnectionProfile } from '@selvedge/client';
import { fromHex } from '@selvedge/crypto';
import type { Layout } from '@selvedge/dev-network';
import type { Signer } from '@selvedge/identity';
import type { FactReader, Profile } from '@selvedge/policy';
import { KeyBroker } from '@selvedge/protocol';
import { connectRpc, createFailover, type RpcConnection } from '@selvedge/rpc';

/** An answered request for keys. */
export interface AnsweredRequest {
  readonly release: OpenedKeyRelease;
  /** The replica that answered. */
  readonly address: string;
}

/** A compute node as far as its keys go: attests itself, and asks one replica of the key broker after the other. */
export interface KeyRequester {
  /** One request, with a few rounds over the replicas and pauses in between, as compute nodes have them. Rejects with the last refusal. */
  request(): Promise<AnsweredRequest>;
  close(): void;
}

const ROUNDS = 40;
const PAUSE_MS = 250;
const TIMEOUT_MS = 5_000;

export function createKeyRequester(input: {
  readonly layout: Layout;
  readonly connectionProfile: ConnectionProfile;
  readonly profile: Profile;
  /** What the ledger records. */
  readonly ledger: FactReader;
  readonly operator: Signer;
  readonly nodeId: string;
}): KeyRequester {
  const { layout, connectionProfile, profile, ledger, operator, nodeId } = input;
  const platform = layout.platformDirectory('key-broker');
  const { measurements } = JSON.parse(readFileSync(layout.settingsFile, 'utf8')) as { measurements: { compute: string } };
  const attester = createSimulatedAttester({
    platformKeyPem: readFileSync(path.join(platform, 'key.pem'), 'utf8'),
    platformCertificatePem: readFileSync(path.join(platform, 'cert.pem'), 'utf8'),
    measurement: fromHex(measurements.compute),
  });
  const tls = loadTls(connectionProfile);
  const replicas = keyBrokerAddresses(connectionProfile).map((address) => connectRpc(address, { tls }));
  const failover = createFailover();
  const [suite = ''] = profile.message.allowedSuites;

  const ask = async (replica: RpcConnection): Promise<AnsweredRequest> => {
    const broker = replica.client(KeyBroker);
    const challenge = await broker.challenge({}, { timeoutMs: TIMEOUT_MS });
    const pending = await createKeyRequest({ attester, suite, nodeId, operator, challenge, profile });
    const release = openKeyRelease({ release: await broker.releaseKeys(pending.request, { timeoutMs: TIMEOUT_MS }), pending, profile, ledger, at: new Date() });
    return { release, address: replica.address };
  };

  return {
    async request() {
      for (let round = 1; ; round += 1) {
        try {
          return await failover(replicas, ask);
        } catch (error) {
          if (round >= ROUNDS) throw error;
        }
        await sleep(PAUSE_MS * (0.5 + Math.random() / 2));
      }
    },
    close() {
      for (const replica of replicas) replica.close();
    },
  };
}
