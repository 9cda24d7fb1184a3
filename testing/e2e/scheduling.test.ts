import { fileURLToPath } from 'node:url';
import { DEFAULT_LIMITS, type ConnectOptions, type Contract, type Gateway, type HopEvent } from '@selvedge/client';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { commandsOf, pageText } from './src/mode-page.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';
import { runCommand } from './src/run-command.js';

const STALLS = fileURLToPath(new URL('./contracts/stalls', import.meta.url));
const NODES = ['compute-1', 'compute-2'];
const TIMEOUT_MS = 300_000;
/** A call that is left to a node which does not answer ends with the test, not before. */
const PATIENT = { attemptTimeoutMs: 2 * TIMEOUT_MS, executeTimeoutMs: 2 * TIMEOUT_MS };

/** Two compute nodes, which are busy, frozen and stopped while requests run. */
describe.each(LEDGERS)('requests to several compute nodes, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;
  /** Compute nodes that answered, in the order of their answers. */
  let served: string[] = [];

  const connect = async (options: Partial<ConnectOptions> = {}): Promise<{ readonly gateway: Gateway; readonly contract: Contract }> => {
    const onHop = ({ hop, peer, refusal }: HopEvent): void => {
      if (hop === 'execute' && refusal === undefined) served.push(peer);
    };
    const opened = await test.network.connect('AuroraMSP', { onHop, ...options });
    return { gateway: opened, contract: opened.getNetwork('main').getContract('stalls') };
  };
  const get = async (of: Contract, key = 'ruby'): Promise<string> => text(await of.evaluateTransaction('Get', '', key));

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({ ledger, computeNodes: 2, businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP'] });
    await test.network.deploy(STALLS);
    ({ gateway, contract } = await connect({ limits: PATIENT }));
    await contract.submitTransaction('Put', '', 'ruby', '0.7');
    await contract.submitTransaction('Put', '', 'opal', '1.5');
  }, TIMEOUT_MS);
  afterAll(async () => {
    if (isSkipped) return;
    gateway.close();
    await test.end();
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('are what the page has its reader type', async () => {
    const [status = [], query = []] = commandsOf('scheduling');
    const run = (command: readonly string[]): ReturnType<typeof runCommand> => runCommand('--dir', test.directory, '--json', ...command);
    const described = NODES.map((name): unknown => expect.objectContaining({ name, ready: true, detail: expect.stringMatching(/^simulated TEE; stalls; \d+ requests under way$/) as string }));
    expect(await run(status)).toMatchObject({ code: 0, value: { nodes: expect.arrayContaining(described) as unknown } });
    expect(await run(query)).toMatchObject({ code: 0, value: { result: '0.7' } });

    const [snippet = ''] = [...pageText('modes/scheduling').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
    const code = ts.transpile(`return (async () => {${snippet} return carats; })();`, { target: ts.ScriptTarget.ES2023 });
    let limits: ConnectOptions['limits'];
    const connecting = (options: Partial<ConnectOptions>): Gateway => {
      limits = options.limits;
      return gateway;
    };
    // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
    const carats = (await new Function('connect', 'options', code)(connecting, {})) as Uint8Array[];
    expect(carats.map(text)).toEqual(['0.7', '1.5', '0.7', '1.5']);
    expect(DEFAULT_LIMITS).toMatchObject(limits ?? {});
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('go to any of them first, and to both under load', async () => {
    served = [];
    for (let tries = 0; tries < 30 && new Set(served).size < 2; tries += 1) {
      const one = await connect();
      expect(await get(one.contract)).toBe('0.7');
      one.gateway.close();
    }
    expect(new Set(served)).toEqual(new Set(NODES));
    served = [];
    await Promise.all(Array.from({ length: 40 }, () => get(contract)));
    for (const node of NODES) expect(served.filter((peer) => peer === node).length).toBeGreaterThanOrEqual(5);
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('are made to the other one beside a node that has frozen, which then is let alone', async () => {
    for (let i = 0; i < 40; i += 1) await get(contract);
    const { pid } = test.network.node('compute-1');
    served = [];
    process.kill(pid, 'SIGSTOP');
    try {
      for (let i = 0; i < 8; i += 1) expect(await get(contract)).toBe('0.7');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(new Set(served)).toEqual(new Set(['compute-2']));
    await expect.poll(async () => {
      await get(contract);
      return served.includes('compute-1');
    }, { timeout: 60_000 }).toBe(true);
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('get lost nowhere when one drains and ends, and go there again when it is back', async () => {
    const stop = new AbortController();
    let [queries, commits] = [0, 0];
    const lane = async (number: number): Promise<void> => {
      for (let carat = 1; !stop.signal.aborted; carat += 1) {
        await contract.submitTransaction('Put', '', `lane-${String(number)}`, String(carat));
        commits += 1;
        expect(await get(contract, `lane-${String(number)}`)).toBe(String(carat));
        queries += 1;
      }
    };
    const lanes = Promise.all([0, 1, 2, 3].map(lane));
    lanes.catch(() => undefined); // awaited below
    const goesOn = async (): Promise<void> => {
      const before = [queries, commits] as const;
      await Promise.race([expect.poll(() => queries >= before[0] + 8 && commits >= before[1] + 8, { timeout: 60_000 }).toBe(true), lanes]);
    };
    await goesOn();
    await test.network.kill('compute-1', 'SIGTERM');
    served = [];
    await goesOn();
    expect(new Set(served)).toEqual(new Set(['compute-2']));
    await test.network.restart('compute-1');
    await Promise.race([expect.poll(() => served.includes('compute-1'), { timeout: 60_000 }).toBe(true), lanes]);
    stop.abort();
    await lanes;
  }, TIMEOUT_MS);
});
