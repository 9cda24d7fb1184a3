import { createSocket, type Socket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';

const contract = (name: string): string => fileURLToPath(new URL(`./contracts/${name}`, import.meta.url));
const TIMEOUT_MS = 120_000;

/** A chaincode that does what it must not, on a compute node of a whole network, as its client and others on the same node see it. */
describe('a rogue chaincode', () => {
  let test: TestNetwork;
  const gateways: Gateway[] = [];
  let rogue: Contract;
  let beside: Contract;
  let other: Contract;
  let tcp: Server;
  let udp: Socket;
  let reached = 0;
  let round = 0;

  beforeAll(async () => {
    tcp = createServer(() => { reached += 1; }).listen(0, '127.0.0.1');
    udp = createSocket('udp4').on('message', () => { reached += 1; }).bind(0, '127.0.0.1');
    await Promise.all([tcp, udp].map((socket) => new Promise((resolve) => socket.once('listening', resolve))));
    test = await startTestNetwork({ businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'] });
    await test.network.deploy(contract('rogue'));
    await test.network.deploy(contract('stalls'));
    for (const mspId of ['AuroraMSP', 'BorealisMSP']) gateways.push(await test.network.connect(mspId));
    const [aurora, borealis] = gateways.map((gateway) => gateway.getNetwork('main'));
    rogue = aurora!.getContract('rogue');
    beside = borealis!.getContract('rogue');
    other = borealis!.getContract('stalls');
    await rogue.submitTransaction('Put', 'k', 'v');
    await other.submitTransaction('Put', '', 'k', '1');
  });
  afterAll(async () => {
    tcp.close();
    udp.close();
    for (const gateway of gateways) gateway.close();
    await test.end();
  });

  const port = (socket: Server | Socket): string => String((socket.address() as AddressInfo).port);

  it.each<[string, () => string[], string]>([
    ['TCP', () => ['Tcp', port(tcp)], 'CHAINCODE_NETWORK_REFUSED'],
    ['UDP', () => ['Udp', port(udp)], 'CHAINCODE_NETWORK_REFUSED'],
    ['DNS', () => ['Dns'], 'CHAINCODE_NETWORK_REFUSED'],
    ['a file', () => ['WriteFile', '/tmp/out'], 'CHAINCODE_FILE_REFUSED'],
    ['a child process', () => ['Child'], 'CHAINCODE_PROCESS_REFUSED'],
    ['an endless loop', () => ['Loop'], 'CHAINCODE_CPU_LIMIT'],
    ['a memory bomb', () => ['Memory'], 'CHAINCODE_MEMORY_LIMIT'],
    ['a flood of output', () => ['Flood'], 'CHAINCODE_OUTPUT_LIMIT'],
    ['a crash', () => ['Crash'], 'CHAINCODE_CRASHED'],
    ['a hang', () => ['Hang'], 'CHAINCODE_TIMEOUT'],
    ['a message that no chaincode sends', () => ['WrongMessage'], 'CHAINCODE_PROTOCOL'],
    ['bytes that are no message', () => ['Garbage'], 'CHAINCODE_PROTOCOL'],
    ['a message beyond every limit', () => ['HugeMessage'], 'CHAINCODE_LIMIT'],
  ])('%s: refused or ended by its own code, and nobody else’s request is harmed', async (_what, call, code) => {
    const [name = '', ...args] = call();
    round += 1;
    const key = `round-${String(round)}`;
    const outcome = rogue.submitTransaction(name, ...args).then(() => 'nothing was refused', (error: unknown) => (error as { code?: unknown }).code);
    // The same process, the same contract for another organisation, another contract: all under way at the same time.
    const others = Promise.all([
      rogue.submitTransaction('PutSlowly', `${key}-same`, 'v'),
      beside.submitTransaction('PutSlowly', `${key}-beside`, 'v'),
      other.submitTransaction('Put', '', key, '1'),
    ]);
    expect(await outcome).toBe(code);
    await others;
    expect(text(await rogue.evaluateTransaction('Get', `${key}-same`))).toBe('v');
    expect(text(await beside.evaluateTransaction('Get', `${key}-beside`))).toBe('v');
    expect(text(await other.evaluateTransaction('Get', '', key))).toBe('1');
    expect(reached).toBe(0);
  }, TIMEOUT_MS);
});
