import type { openFabricGateway } from '@selvedge/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { createPlainCalls, type PlainCalls } from './plain-calls.js';
import type { Side } from './points.js';
import { memoLength } from './values.js';

type Gateway = Awaited<ReturnType<typeof openFabricGateway>>;
interface Invocation {
  readonly functionName: string;
  readonly args: readonly Buffer[];
  readonly transientData?: Readonly<Record<string, Buffer>>;
  readonly organisations: readonly string[];
}

const side: Side = { subject: 'plain', workload: 'update', loop: 'closed', inFlight: 1, batch: 1, valueBytes: 100, keys: 10, spread: 'uniform', computeNodes: 1 };
let log: string[];
let code: number;
let answer: Buffer;
let calls: PlainCalls;

beforeEach(() => {
  log = [];
  code = 0;
  answer = Buffer.alloc(100);
  const note = (step: string, { functionName, args, transientData, organisations }: Invocation): void => {
    log.push(`${step} ${functionName}(${args.map(String).map((text) => text.slice(0, 12)).join()}) ${Object.keys(transientData ?? {}).join()} at ${organisations.join('+')}`);
  };
  const gateway = {
    endorse: (invocation: Invocation) => Promise.resolve((note('endorse', invocation), { transactionId: 'tx' })),
    submit: ({ transactionId }: { transactionId: string }) => Promise.resolve(log.push(`submit ${transactionId}`)),
    commitStatus: (transactionId: string) => Promise.resolve((log.push(`await ${transactionId}`), { code })),
    evaluate: (invocation: Invocation) => Promise.resolve((note('evaluate', invocation), answer)),
  } as unknown as Gateway;
  calls = createPlainCalls(gateway, 'bench-plain', ['AMSP', 'BMSP']);
});

describe('plain Fabric', () => {
  it('updates private data by a transient value, endorsed by all, and waits for the commit', async () => {
    await calls.callOf(side)();
    expect(log).toEqual(['endorse Update(value-100-0) value at AMSP+BMSP', 'submit tx', 'await tx']);
  });

  it('updates public state by an argument', async () => {
    await calls.callOf({ ...side, subject: 'public' })();
    expect(log[0]).toBe('endorse UpdatePublic(value-100-0,{"amount":1,)  at AMSP+BMSP');
  });

  it('evaluates queries on one peer', async () => {
    await calls.callOf({ ...side, workload: 'query' })();
    await calls.callOf({ ...side, workload: 'query', subject: 'public' })();
    expect(log).toEqual(['evaluate Read(value-100-0)  at AMSP', 'evaluate ReadPublic(value-100-0)  at AMSP']);
  });

  it('refuses an invalid transaction by Fabric’s code, and an answer that is no value', async () => {
    code = 11;
    answer = Buffer.alloc(memoLength(100) - 1);
    await expect(calls.callOf(side)()).rejects.toMatchObject({ code: 'FABRIC_11' });
    await expect(calls.callOf({ ...side, workload: 'query' })()).rejects.toMatchObject({ code: 'WRONG_ANSWER' });
  });
});
