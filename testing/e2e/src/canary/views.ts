import { text } from '../network.js';
import type { Secrets } from './secrets.js';
import { createRecorder, type CanaryNetwork, type Outcomes } from './workload.js';

/** Looks at what a workload left, through the viewers: it knows names and values, and nobody else shall. */
export async function runViews({ network, deployment }: CanaryNetwork, { key, value, publicKey, publicValue }: Secrets): Promise<Outcomes> {
  const { step, outcomes } = createRecorder();
  const gateways = await Promise.all(['AuroraMSP', 'BorealisMSP'].map((mspId) => network.connect(mspId, { user: 'Admin' })));
  const [aurora, borealis] = gateways.map((gateway) => gateway.getNetwork(network.connectionProfile().channel).getViews());
  const contract = deployment.name;
  try {
    await step('a private value', async () => {
      verify((await aurora?.key({ contract, collection: 'secrets', key }))?.versions[0]?.value, `${value}2`);
    });
    await step('a history, and the transaction that began it', async () => {
      const { versions } = (await aurora?.history({ contract, key: publicKey })) ?? { versions: [] };
      const [deleted, written] = versions;
      if (deleted?.deleted !== true) throw new Error('the history does not end with the delete');
      verify(written?.value, publicValue);
      const viewed = await aurora?.transaction(written?.txId ?? new Uint8Array(0));
      verify(Buffer.from(viewed?.sections[0]?.writes[0]?.key ?? ''), publicKey);
    });
    await step('what another organisation owns', () => borealis?.key({ contract, collection: 'secrets', key }) ?? Promise.resolve());
  } finally {
    for (const gateway of gateways) gateway.close();
  }
  return outcomes;
}

/** How they must end. */
export const EXPECTED_VIEWS: Readonly<Record<string, string>> = {
  'a private value': 'ok',
  'a history, and the transaction that began it': 'ok',
  'what another organisation owns': 'DATASET_ACCESS_DENIED',
};

function verify(actual: Uint8Array | undefined, expected: string): void {
  if (text(actual ?? new Uint8Array(0)) !== expected) throw new Error('the viewer shows something else');
}
