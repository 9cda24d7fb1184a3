import type { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Gateway } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import { beforeEach, describe, expect, it } from 'vitest';
import { FAKE_CALIPER_CORE } from '../testdata/caliper-core.js';
import type { CaliperCore, Connector, TxStatus } from './api.js';
import { createConnector } from './connector.js';

const folder = fileURLToPath(new URL('../../caliper/', import.meta.url));
/** Caliper's own base class takes part where somebody has installed it: `npm install` in bench/caliper. */
const cores: [string, () => CaliperCore][] = [
  ['as the interface has it', () => FAKE_CALIPER_CORE],
  ...(existsSync(`${folder}node_modules/@hyperledger/caliper-core`) ? [['as installed', () => createRequire(folder)('@hyperledger/caliper-core') as CaliperCore] satisfies [string, () => CaliperCore]] : []),
];
const settings = { directory: '/net', mspId: 'AuroraMSP', user: 'User1', contract: 'bench-contract', chaincode: '/chaincode', batching: undefined };

describe.each(cores)('the connector on caliper-core, %s', (_name, core) => {
  let log: string[];
  let connector: Connector;
  let events: unknown[][];

  beforeEach(() => {
    log = [];
    events = [];
    const call = (kind: string) => (name: string, options: { arguments: string[]; transientData: Record<string, string> }): Promise<Uint8Array> => {
      log.push(`${kind} ${name}(${options.arguments.join()}) ${JSON.stringify(options.transientData)}`);
      if (name === 'Refused') return Promise.reject(new SelvedgeError('MVCC_READ_CONFLICT', 'conflict', { role: 'ledger' }));
      return Promise.resolve(Buffer.from('42'));
    };
    const gateway = { getNetwork: () => ({ getContract: () => ({ submit: call('submit'), evaluate: call('evaluate') }) }), close: () => log.push('close') } as unknown as Gateway;
    connector = createConnector(core(), {
      workerIndex: 3,
      settings,
      open: ({ directory }) => {
        log.push(`open ${directory}`);
        return Promise.resolve({ channel: 'main', connect: () => Promise.resolve(gateway), deploy: (chaincode) => Promise.resolve(log.push(`deploy ${chaincode}`)) });
      },
    });
    for (const name of ['txsSubmitted', 'txsFinished']) (connector as unknown as EventEmitter).on(name, (what: unknown) => events.push([name, what]));
  });

  it('has every method that Caliper calls', () => {
    for (const name of ['getType', 'getWorkerIndex', 'init', 'installSmartContract', 'prepareWorkerArguments', 'getContext', 'releaseContext', 'sendRequests', 'on'].filter((each) => each !== 'prepareWorkerArguments' || core() !== FAKE_CALIPER_CORE)) expect((connector as unknown as Record<string, unknown>)[name]).toBeTypeOf('function');
    expect([connector.getType(), connector.getWorkerIndex()]).toEqual(['selvedge', 3]);
  });

  it('finds the network at once, deploys, connects for a round and closes after it', async () => {
    await connector.init(true);
    await connector.installSmartContract();
    await connector.getContext(0);
    await connector.releaseContext();
    expect(log).toEqual(['open /net', 'open /net', 'deploy /chaincode', 'open /net', 'close']);
  });

  it('submits, and evaluates what is read only, with one event before and one after', async () => {
    await connector.getContext(0);
    const [update, query] = [{ contractFunction: 'Update', contractArguments: ['k'], transientMap: { value: 'v' } }, { contractFunction: 'Read', contractArguments: ['k'], readOnly: true }];
    const status = (await connector.sendRequests(update)) as TxStatus;
    await connector.sendRequests([query]);
    expect(log.slice(1)).toEqual(['submit Update(k) {"value":"v"}', 'evaluate Read(k) {}']);
    expect(status.IsCommitted()).toBe(true);
    expect(status.Marshal()).toMatchObject({ status: 'success', verified: true, result: Buffer.from('42') });
    expect(events.map(([name]) => name)).toEqual(['txsSubmitted', 'txsFinished', 'txsSubmitted', 'txsFinished']);
  });

  it('ends a refused request as failed, with the code, and goes on', async () => {
    await connector.getContext(0);
    const status = (await connector.sendRequests({ contractFunction: 'Refused' })) as TxStatus;
    expect(status.Marshal()).toMatchObject({ status: 'failed', verified: true, error_messages: ['MVCC_READ_CONFLICT'] });
  });

  it.each([[undefined], [{}], [{ contractFunction: 'Read', contractArguments: [1] }], [{ contractFunction: 'Read', contractArguments: 'k' }], [{ contractFunction: 'Read', transientMap: { value: {} } }], [{ contractFunction: 'Read', readOnly: 'yes' }]])('throws on what is no request: %j', async (request) => {
    await connector.getContext(0);
    await expect(connector.sendRequests(request)).rejects.toThrow(TypeError);
  });

  it('sends nothing outside a round', async () => {
    await expect(connector.sendRequests({ contractFunction: 'Read' })).rejects.toThrow('getContext comes first');
  });
});
