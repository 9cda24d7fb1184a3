/**
 * A client in a process of its own, to be killed: raises the price of one stone again and again, and appends a line to
 * its journal before each try (`try PRICE`), after each acknowledged commit (`ack PRICE TXID`), and after each refusal
 * (`refused PRICE CODE TEXT`).
 */
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { connect, loadConnectionProfile, loadSignedProfile } from '@selvedge/client';
import { createSigner } from '@selvedge/identity';
import { isSelvedgeError } from '@selvedge/errors';

const [networkFile, mspId, userDirectory, stoneId, journal, firstPrice] = process.argv.slice(2) as [string, string, string, string, string, string];

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
});
const contract = gateway.getNetwork(connectionProfile.channel).getContract('diamonds');
for (let price = Number(firstPrice); ; price += 1) {
  appendFileSync(journal, `try ${String(price)}\n`);
  try {
    const submitted = await contract.submitAsync('SetPrice', { arguments: [stoneId], transientData: { price: String(price) } });
    await submitted.verifyCommitted();
    appendFileSync(journal, `ack ${String(price)} ${submitted.getTransactionId()}\n`);
  } catch (error) {
    const { message } = error as Error;
    appendFileSync(journal, `refused ${String(price)} ${isSelvedgeError(error) ? error.code : 'UNKNOWN'} ${message.replaceAll(/\s+/g, ' ')}\n`);
  }
}
