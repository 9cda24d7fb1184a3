import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createWorld } from '@selvedge/contract-test';

// A channel with this contract on it, in this process: the compute node's own runtime, endorsers and a ledger, in memory.
let world;
before(async () => {
  world = await createWorld();
});
after(() => world?.close());

test('an asset belongs to the organisation that creates it', async () => {
  const { writes, event } = await world.submit('create', ['asset1', 'blue'], { as: 'BorealisMSP' });
  assert.equal(writes.length, 1);
  assert.deepEqual(event, { name: 'Created', payload: 'asset1' });
  const { result } = await world.evaluate('read', ['asset1'], { as: 'CelestaMSP' });
  assert.deepEqual(JSON.parse(result), { id: 'asset1', colour: 'blue', owner: 'BorealisMSP' });
  await assert.rejects(world.submit('create', ['asset1', 'red']), /asset asset1 exists already/);
});

test('an appraisal is for the members of its collection', async () => {
  await world.submit('create', ['asset2', 'green']);
  await assert.rejects(world.submit('appraise', ['asset2']), /the transient field value is missing/);
  await world.submit('appraise', ['asset2'], { transient: { value: '300' } });
  assert.equal((await world.evaluate('appraisal', ['asset2'])).result, '300');
  await assert.rejects(world.evaluate('appraisal', ['asset2'], { as: 'BorealisMSP' }), /does not have read access permission/);
});
