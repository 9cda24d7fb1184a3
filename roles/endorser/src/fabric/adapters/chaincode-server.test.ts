import { expect, it } from 'vitest';
import { startChaincodeServer } from './chaincode-server.js';

const chaincode = { Init: () => Promise.reject(new Error()), Invoke: () => Promise.reject(new Error()) };

it('plaintext stays on the machine', async () => {
  await expect(startChaincodeServer({ chaincode, packageId: 'a:1', address: '0.0.0.0:0', tls: 'off' })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  const server = await startChaincodeServer({ chaincode, packageId: 'a:1', address: '127.0.0.1:0', tls: 'off' });
  expect(server.address).toMatch(/^127\.0\.0\.1:[1-9][0-9]*$/);
  await server.close();
});

it('an address that is taken is refused', async () => {
  const server = await startChaincodeServer({ chaincode, packageId: 'a:1', address: '127.0.0.1:0', tls: 'off' });
  await expect(startChaincodeServer({ chaincode, packageId: 'a:1', address: server.address, tls: 'off' })).rejects.toThrow();
  await server.close();
});
