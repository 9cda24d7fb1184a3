import { readFile } from 'node:fs/promises';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { FabricCall, FabricGateway } from '@selvedge/fabric-network/gateway';
import type { Signer } from '@selvedge/identity';
import type { TlsSetting } from '@selvedge/rpc';
import type { ConnectionProfile } from '../domain/connection-profile.js';
import { gatewayPeersFor, type FabricSection } from '../domain/fabric-section.js';
import type { HopName, OnHop } from '../ports.js';
import { loadTls } from './tls-files.js';

/** Who opens a way into Fabric, and how. */
export interface FabricConnectionOptions {
  /** One with a `fabric` section. */
  readonly connectionProfile: Pick<ConnectionProfile, 'channel' | 'fabric' | 'tls'>;
  /** Creates and signs Fabric's proposals and transactions. */
  readonly signer: Signer;
  /** The client's own TLS certificate where the fabric section names none; default: what the profile's `tls` section names. */
  readonly tls?: TlsSetting | undefined;
  /** Wall clock: timestamps of proposals. Default: the system's. */
  readonly clock?: () => Date;
  readonly onHop?: OnHop | undefined;
}

/**
 * Opens the gateway to Fabric that a connection profile describes. Fabric's libraries are loaded here, when first needed:
 * users of the embedded ledger never load them. Throws INVALID_CONFIGURATION for a profile without a `fabric` section and
 * for files that cannot be read.
 */
export async function openFabricGateway(options: FabricConnectionOptions): Promise<FabricGateway> {
  const { connectionProfile, signer, clock = () => new Date(), onHop } = options;
  const { fabric, channel } = connectionProfile;
  if (fabric === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'the connection profile has no fabric section', { role: 'client' });
  const peers = await Promise.all(
    gatewayPeersFor(fabric, signer.mspId).map(async ({ mspId, endpoint, tlsRootCertificate, hostnameOverride }) => ({ mspId, endpoint, hostnameOverride, tlsRootCertificatePem: await read(tlsRootCertificate) })),
  );
  const clientTls = await readClientTls(fabric, () => options.tls ?? loadTls(connectionProfile));
  const { connectFabricGateway } = await import('@selvedge/fabric-network/gateway');
  const onCall = onHop && ((call: FabricCall): void => {
    reportHop(onHop, call);
  });
  return connectFabricGateway({ channel, signer, peers, clientTls, clock, nowMs: () => performance.now(), onCall });
}

async function readClientTls({ tls }: FabricSection, own: () => TlsSetting): Promise<{ readonly certificatePem: string; readonly privateKeyPem: string } | undefined> {
  if (tls !== undefined) return { certificatePem: await read(tls.certificate), privateKeyPem: await read(tls.privateKey) };
  const setting = own();
  return setting === 'off' ? undefined : setting;
}

const HOPS: Readonly<Partial<Record<FabricCall['step'], HopName>>> = { endorse: 'endorse', submit: 'order', 'commit-status': 'commit-status' };

function reportHop(onHop: OnHop, { step, mspId, endpoint, transactionId, sentBytes, receivedBytes, ms, error }: FabricCall): void {
  const hop = HOPS[step];
  if (hop === undefined) return;
  const refusal = error === undefined ? undefined : isSelvedgeError(error) ? error.code : 'INTERNAL';
  onHop({ hop, peer: mspId, address: endpoint, txId: transactionId, sentBytes, receivedBytes, ms, refusal });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `cannot read ${file}`, { role: 'client', cause });
  }
}
