import type { ChaincodeHost, StateCalls, StateEntry } from '@selvedge/compute';
import { runCall, type Call, type Found, type Stone, type World } from './programs.js';

/** The programs as a chaincode: a call is the one argument, as JSON; the payload is what it read. */
export function createProgramHost(): ChaincodeHost {
  return {
    invoke: async ({ args: [argument] }, begin) => {
      const call = JSON.parse(Buffer.from(argument ?? new Uint8Array(0)).toString()) as Call;
      return { status: 200, message: '', payload: Buffer.from(await runCall(worldOf(begin(), call.dataset), call)) };
    },
    prepare: () => Promise.resolve(),
    declaredIndexes: () => Promise.resolve(new Map()),
    close: () => Promise.resolve(),
  };
}

function worldOf(state: StateCalls, dataset: string): World {
  return {
    get: async (key) => stoneOf(await state.getState(dataset, key)),
    range: async (start, end) => {
      const found: Found[] = [];
      for await (const entry of await state.getRange(dataset, start, end)) found.push(foundOf(entry));
      return found;
    },
    ofColour: async (colour) => {
      const { entries } = await state.query(dataset, { text: JSON.stringify({ selector: { colour } }), pageSize: undefined, bookmark: '' });
      return entries.map(foundOf).sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    },
    put: (key, { colour, n }) => state.putState(dataset, key, Buffer.from(JSON.stringify({ colour, n }))),
    remove: (key) => state.deleteState(dataset, key),
  };
}

function stoneOf(value: Uint8Array | undefined): Stone | undefined {
  return value === undefined ? undefined : (JSON.parse(Buffer.from(value).toString()) as Stone);
}

function foundOf({ key, value }: StateEntry): Found {
  const { colour, n } = JSON.parse(Buffer.from(value).toString()) as Stone;
  return { key, colour, n };
}
