import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BEHAVIOURS, createTestStore, openTestHost, type TestCall, type TestHost, type TestStore } from './testdata/test-host.js';

let store: TestStore;
let nodes: TestHost[] = [];
beforeAll(async () => {
  store = await createTestStore(BEHAVIOURS);
  nodes = await Promise.all([openTestHost(store), openTestHost(store)]);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await store.remove();
});

interface Drawn extends Record<string, unknown> {
  readonly time: unknown[];
  readonly formatted: unknown[];
  readonly uuids: string[];
}
const REQUEST = { seed: new Uint8Array(32).fill(1), txId: 'aa'.repeat(32) };
const [first, second] = [(): TestHost => nodes[0] as TestHost, (): TestHost => nodes[1] as TestHost];
const draw = async (node: TestHost, call: TestCall = REQUEST, ...args: string[]): Promise<Drawn> => JSON.parse(await node.text(['Determinism:draw', ...args], call)) as Drawn;

describe('one request on two nodes', () => {
  test('shows the same time and chance, whatever ran before it', async () => {
    const one = await draw(first());
    for (let other = 2; other < 6; other += 1) await draw(second(), { seed: new Uint8Array(32).fill(other) });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const two = await draw(second(), REQUEST, '30');
    expect(two).toEqual(one);
  });

  test('many at once in one process keep their own streams', async () => {
    const seeds = Array.from({ length: 20 }, (_, index) => ({ seed: new Uint8Array(32).fill(100 + index), timestamp: { seconds: 1_700_000_000n + BigInt(index), nanos: 0 } }));
    const [together, apart] = [await Promise.all(seeds.map((call, index) => draw(first(), call, String(40 - index)))), [] as Drawn[]];
    for (const call of seeds) apart.push(await draw(second(), call));
    expect(together).toEqual(apart);
    expect(new Set(together.map(({ random }) => random)).size).toBe(20);
  });
});

test('another request has another chance, in every way to draw', async () => {
  const [one, two] = [await draw(first()), await draw(first(), { ...REQUEST, seed: new Uint8Array(32).fill(2) })];
  for (const name of ['first', 'random', 'bytes', 'bytesLater', 'pseudo', 'filled', 'words', 'filledLater', 'ints', 'uuids', 'values']) expect(two[name], name).not.toEqual(one[name]);
  expect(two.time).toEqual(one.time);
});

test('the time is the request’s, in every form; formatting and timers work', async () => {
  const { time, formatted, uuids, filled, words, zone, locale, host, directory, loaded } = await draw(first(), { ...REQUEST, timestamp: { seconds: 1_700_000_000n, nanos: 123_456_789 } }, '20');
  const ms = 1_700_000_000_123;
  expect(time).toEqual([ms, ms, expect.stringContaining('Tue Nov 14 2023 22:13:20 GMT+0000'), '2023-11-14T22:13:20.123Z', 0, [1_700_000_000, 123_000_000], '1700000000123000000']);
  expect(formatted).toEqual([expect.stringMatching(/November 14, 2023.*10:13:20\sPM UTC/), '2020-01-01T00:00:00.000Z', 5, true, '1,234.5']);
  expect(filled).toMatch(/^0000[0-9a-f]{8}0000$/);
  expect((words as number[]).map((word) => word === 0)).toEqual([true, false, false, true]);
  for (const uuid of uuids) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect({ zone, locale, host, directory }).toEqual({ zone: 'UTC', locale: 'en-US', host: 'chaincode', directory: '/chaincode' });
  expect((loaded as { now: number }).now).toBe(946_684_800_000);
});

test('wrong arguments are refused as Node does', async () => {
  expect(JSON.parse(await first().text(['Determinism:wrongArguments']))).toEqual(['ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 17, 'ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE']);
});

test('what modules draw while they load follows from the contract’s own seed', async () => {
  const loadedWith = async (node: TestHost, idleSeed: Uint8Array): Promise<unknown> => (await draw(node, { ...REQUEST, idleSeed })).loaded;
  const [one, two] = [await loadedWith(first(), new Uint8Array(32).fill(7)), await loadedWith(second(), new Uint8Array(32).fill(7))];
  expect(two).toEqual(one);
  expect(await loadedWith(first(), new Uint8Array(32).fill(8))).not.toEqual(one);
});
