/**
 * A client in a process of its own, to be killed: raises the price of its stones again and again, and appends a line to
 * the stone's journal before each try (`try PRICE`), after each acknowledged commit (`ack PRICE TXID`), and after each
 * refusal (`refused PRICE CODE TEXT`). Several stones change in batches, whose items have no transaction to name; whatever compute nodes
 * answered is in the file of ids, too.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { connect, loadConnectionProfile, loadSignedProfile } from '@selvedge/client';
import { createSigner } from '@selvedge/identity';
import { isSelvedgeError } from '@selvedge/errors';
import { idsOf, journalOf } from './journal.js';

const [networkFile, mspId, userDirectory, contractName, firstPrice, ...stones] = process.argv.slice(2) as [string, string, string, string, string, ...string[]];
const isBatched = stones.length > 1;

const connectionProfile = await loadConnectionProfile(networkFile);
const gateway = connect({
  connectionProfile,
  signedProfile: await loadSignedProfile(connectionProfile),
  identity: createSigner({
    mspId,
    certificatePem: readFileSync(path.join(userDirectory, 'cert.pem'), 'utf8'),
    privateKeyPem: readFileSync(path.join(userDirectory, 'key.pem'), 'utf8'),
  }),
  reload: () => loadConnectionProfile(networkFile),
  ...(isBatched ? { batching: { [contractName]: { maxBatch: stones.length, maxBatchDelayMs: 5 } } } : {}),
  // Before anything of it is endorsed.
  onHop: ({ hop, txId, refusal }) => {
    if (hop === 'execute' && refusal === undefined) appendFileSync(idsOf(networkFile, contractName), `${txId ?? ''}\n`);
  },
});
const contract = gateway.getNetwork(connectionProfile.channel).getContract(contractName);
const setPrice = async (stone: string, price: number): Promise<string> => {
  const options = { arguments: [stone], transientData: { price: String(price) } };
  if (isBatched) {
    await contract.submit('SetPrice', options);
    return '';
  }
  const submitted = await contract.submitAsync('SetPrice', options);
  await submitted.verifyCommitted();
  return submitted.getTransactionId();
};
const tryPrice = async (stone: string, price: number): Promise<void> => {
  const journal = journalOf(networkFile, stone);
  appendFileSync(journal, `try ${String(price)}\n`);
  try {
    const txId = await setPrice(stone, price);
    appendFileSync(journal, `ack ${String(price)} ${txId}\n`);
  } catch (error) {
    const { message } = error as Error;
    appendFileSync(journal, `refused ${String(price)} ${isSelvedgeError(error) ? error.code : 'UNKNOWN'} ${message.replaceAll(/\s+/g, ' ')}\n`);
  }
};
for (let price = Number(firstPrice); ; price += 1) await Promise.all(stones.map((stone) => tryPrice(stone, price)));
