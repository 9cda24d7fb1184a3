import { readFileSync } from 'node:fs';

/** What a compute node may do to what it runs: to what it writes, to what it reads, to what it returns; or it refuses. */
export const LIES = ['write', 'read', 'result', 'refuse'] as const;
export type Lie = (typeof LIES)[number];

interface Calls {
  getState(dataset: string, key: string): Promise<Uint8Array | undefined>;
  putState(dataset: string, key: string, value: Uint8Array): Promise<void>;
}
interface Result {
  readonly status: number;
  readonly message: string;
  readonly payload: Uint8Array;
}

/** Which lie the file that SELVEDGE_LIE names asks for now; none while there is no such file, as for an honest node. */
function presentLie(): string {
  try {
    return readFileSync(process.env.SELVEDGE_LIE ?? '', 'utf8');
  } catch {
    return '';
  }
}

const forged = (value: Uint8Array): Uint8Array => Buffer.concat([value, Buffer.from(' and a half')]);

/** Runs in the test's own build of the compute node, around each run of a chaincode. */
export async function lieIn<C extends Calls>(run: (calls: (genuine: C) => C) => Promise<Result>): Promise<Result> {
  const lie = presentLie();
  const result = await run((genuine) => {
    if (lie === 'write') return { ...genuine, putState: (dataset: string, key: string, value: Uint8Array) => genuine.putState(dataset, key, forged(value)) };
    if (lie === 'read') return { ...genuine, getState: async (dataset: string, key: string) => forged((await genuine.getState(dataset, key)) ?? new Uint8Array(0)) };
    return genuine;
  });
  if (lie === 'result') return { ...result, payload: forged(result.payload) };
  return lie === 'refuse' ? { status: 500, message: 'nothing is for sale', payload: new Uint8Array(0) } : result;
}
