import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sha256, toHex } from '@selvedge/crypto';
import { layoutOf, type DevNetwork } from '@selvedge/dev-network';
import { parseEndorsedResponse, parseFabricTransaction, parsePrivateData } from '@selvedge/fabric';
import { connectToPeer, createFabricBlockSource, type DeliveredBlock } from '@selvedge/fabric-network/follower';

const VALID = 0;
const READ_TIMEOUT_MS = 60_000;

/** SHA-256, hexadecimal, of every private value that an organisation's peer delivers with a block. @param to whose client asks; default: its own */
export async function deliveredPrivateValues(network: DevNetwork, mspId: string, blockNumber: bigint, to = mspId): Promise<Set<string>> {
  const hashes = new Set<string>();
  for (const { privateData } of await deliveredBlocks(network, { mspId, to }, blockNumber, blockNumber)) {
    for (const bytes of privateData.values()) for (const { value } of parsePrivateData(bytes, () => true)) hashes.add(toHex(sha256(value)));
  }
  return hashes;
}

/** Ids, hexadecimal, of all that a contract's transactions carry, in the first blocks, where an organisation's own peer found them valid. */
export async function validTransactions(network: DevNetwork, mspId: string, chaincode: string, height: bigint): Promise<string[]> {
  const blocks = await deliveredBlocks(network, { mspId, to: mspId }, 0n, height - 1n);
  return blocks.flatMap(({ block }) =>
    block.envelopes.flatMap((envelope, index) => {
      const transaction = block.flags[index] === VALID ? parseFabricTransaction(envelope) : undefined;
      return transaction?.chaincode === chaincode ? parseEndorsedResponse(transaction.responsePayload).cores.map(({ txId }) => toHex(txId)) : [];
    }),
  );
}

/** With the private data that an organisation's peer holds and lets a client see. */
async function deliveredBlocks(network: DevNetwork, { mspId, to: client }: { readonly mspId: string; readonly to: string }, from: bigint, to: bigint): Promise<DeliveredBlock[]> {
  const peer = network.connectionProfile().fabric?.peers.find((candidate) => candidate.mspId === mspId);
  if (peer === undefined) throw new Error(`${mspId} has no peer`);
  const tls = layoutOf(network.directory).userTlsDirectory(client, 'User1');
  const read = (file: string): string => readFileSync(file, 'utf8');
  const connection = connectToPeer({
    endpoint: peer.endpoint,
    hostnameOverride: peer.hostnameOverride,
    tlsRootCertificatePem: read(peer.tlsRootCertificate),
    clientTls: { certificatePem: read(path.join(tls, 'cert.pem')), privateKeyPem: read(path.join(tls, 'key.pem')) },
  });
  try {
    const { channel } = network.connectionProfile();
    const source = createFabricBlockSource({ connection, channel, signer: await network.identity(client), now: () => new Date(), withPrivateData: true });
    const blocks: DeliveredBlock[] = [];
    for await (const block of source.read(from, to, AbortSignal.timeout(READ_TIMEOUT_MS))) blocks.push(block);
    return blocks;
  } finally {
    connection.close();
  }
}
