import { describe, expect, it } from 'vitest';
import { createFabricOrdering } from './policy-ordering.js';

describe('createFabricOrdering', () => {
  const common = { network: 'n', channel: 'c', signedProfile: 'p', tls: 'off' as const, keyBroker: 'h:1', endorsers: [], businessNodes: [], computeNodes: [] };

  it('needs somebody who creates the transaction: approvals alone do not', async () => {
    await expect(createFabricOrdering({ ...common, ledger: 'fabric', fabric: { peers: [] } }).order(new Uint8Array(1), undefined)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('identity') as string });
  });
});
