import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sha256, toHex } from '@selvedge/crypto';
import { layoutOf, type DevNetwork } from '@selvedge/dev-network';
import { parsePrivateData } from '@selvedge/fabric';
import { connectToPeer, createFabricBlockSource } from '@selvedge/fabric-network/follower';

/** SHA-256, hexadecimal, of every private value that an organisation's own peer delivers to it with a block. */
export async function deliveredPrivateValues(network: DevNetwork, mspId: string, blockNumber: bigint): Promise<Set<string>> {
  const peer = network.connectionProfile().fabric?.peers.find((candidate) => candidate.mspId === mspId);
  if (peer === undefined) throw new Error(`${mspId} has no peer`);
  const tls = layoutOf(network.directory).userTlsDirectory(mspId, 'User1');
  const read = (file: string): string => readFileSync(file, 'utf8');
  const connection = connectToPeer({
    endpoint: peer.endpoint,
    hostnameOverride: peer.hostnameOverride,
    tlsRootCertificatePem: read(peer.tlsRootCertificate),
    clientTls: { certificatePem: read(path.join(tls, 'cert.pem')), privateKeyPem: read(path.join(tls, 'key.pem')) },
  });
  try {
    const { channel } = network.connectionProfile();
    const source = createFabricBlockSource({ connection, channel, signer: await network.identity(mspId), now: () => new Date(), withPrivateData: true });
    const hashes = new Set<string>();
    for await (const { privateData } of source.read(blockNumber, blockNumber, AbortSignal.timeout(30_000))) {
      for (const bytes of privateData.values()) for (const { value } of parsePrivateData(bytes, () => true)) hashes.add(toHex(sha256(value)));
    }
    return hashes;
  } finally {
    connection.close();
  }
}
