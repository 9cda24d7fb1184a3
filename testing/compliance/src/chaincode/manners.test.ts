import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Outcome, type World } from './world.js';

/** Starts a network for a package of testdata; what it gives asks that chaincode. */
function worldOf(name: string): (...args: string[]) => Promise<Outcome> {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(path.join(import.meta.dirname, 'testdata', name));
  });
  afterAll(() => world.close());
  return (...args) => world.ask({ args: args.map((arg) => Buffer.from(arg)) });
}

const payload = (text: string): Outcome => ({ kind: 'payload', payload: text, event: null });
const error = (text: string): Outcome => ({ kind: 'error', text });

describe('a chaincode on the shim alone', () => {
  const ask = worldOf('class-style');

  it('reads, writes and refuses', async () => {
    expect(await ask('put', 'k', 'v')).toEqual(payload(''));
    expect(await ask('get', 'k')).toEqual(payload('v'));
    expect(await ask('get', 'none')).toEqual(error('no value under none'));
    expect(await ask('nosuch')).toEqual(error('no such function: nosuch'));
    expect(await ask('organisation')).toEqual(payload('AuroraMSP'));
  });

  it('answers with a status of its own: from 400 on it is a refusal, as on a peer', async () => {
    expect(await ask('created')).toEqual(payload('y'));
    expect(await ask('missing')).toEqual(error('not here'));
    expect(await ask('nothing')).toEqual(error(expect.stringContaining('Calling chaincode Invoke() has not called success or error') as string));
  });

  it('may make calls without waiting for each', async () => {
    expect(await ask('atOnce', '50')).toEqual(payload('50'));
  });
});

describe('a chaincode as an ES module', () => {
  const ask = worldOf('es-module');

  it('runs', async () => {
    expect(await ask('hello')).toEqual(payload('called hello'));
  });
});
