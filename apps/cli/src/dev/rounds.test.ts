import { expect, it } from 'vitest';
import { createRounds } from './rounds.js';

it('come one after the other, and one for all that is asked for meanwhile', async () => {
  let [started, running, most] = [0, 0, 0];
  const rounds = createRounds(async () => {
    started += 1;
    running += 1;
    most = Math.max(most, running);
    if (started === 1) for (let i = 0; i < 5; i += 1) rounds.request();
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
  });
  await rounds.settled();
  expect(started).toBe(0);
  rounds.request();
  await rounds.settled();
  expect([started, most]).toEqual([2, 1]);
  rounds.request();
  await rounds.settled();
  expect(started).toBe(3);
});
