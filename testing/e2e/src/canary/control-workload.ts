import { loadTls } from '@selvedge/client';
import { Compute } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import type { ObservedNetwork } from './observed-network.js';
import { sealedOf } from './refused-requests.js';
import type { Secrets } from './secrets.js';
import { contractOf, createRecorder, type Outcomes } from './workload.js';

/** Secrets that the control workload has no use for. */
export const UNUSED_SECRETS = ['functionName', 'objectType', 'attribute', 'startKey', 'errorText', 'crash', 'publicValue'] as const;

/** Few requests, which give each leak of the control build something to leak. None reads what another wrote. */
export async function runControlWorkload(observed: ObservedNetwork, secrets: Secrets): Promise<Outcomes> {
  const { network } = observed;
  const { step, outcomes } = createRecorder();
  const gateway = await network.connect('AuroraMSP');
  const contract = contractOf(observed, gateway);
  const compute = connectRpc(network.connectionProfile().computeNodes[0]?.address ?? '', { tls: loadTls(network.connectionProfile()) });
  const { key, value, transientName, transientValue } = secrets;
  try {
    await step('start the chaincode', () => contract.evaluateTransaction('Get', '', secrets.argument));
    await step('look for a key', () => contract.evaluateTransaction('Get', 'secrets', key));
    await step('put', () => contract.submitTransaction('Put', 'secrets', key, value));
    await step('put transient data', () => contract.submit('PutTransient', { arguments: ['shared'], transientData: { [transientName]: transientValue } }));
    await step('emit an event', () => contract.newProposal('Emit', { arguments: [secrets.publicKey, secrets.eventName, secrets.eventPayload] }).execute());
    await step('print', () => contract.evaluateTransaction('Print', secrets.printed));
    await step('unknown collection, as it travels', async () => compute.client(Compute).execute(await sealedOf(contract, 'Get', [secrets.collectionName, key])));
  } finally {
    gateway.close();
    compute.close();
  }
  return outcomes;
}
