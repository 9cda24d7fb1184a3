import { isSelvedgeError } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createAdmission } from './admission.js';

const never = new AbortController().signal;
interface Gate {
  readonly task: () => Promise<string>;
  open(): void;
}
function gate(value: string, log: string[]): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    open,
    task: () => {
      log.push(value);
      return opened.then(() => value);
    },
  };
}

async function code(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  return isSelvedgeError(error) ? error.code : 'none';
}

describe('admission', () => {
  it('runs a bounded number, queues a bounded number in order, refuses the rest', async () => {
    const log: string[] = [];
    const admission = createAdmission({ maxRunning: 1, maxQueued: 2 });
    const gates = ['a', 'b', 'c'].map((value) => gate(value, log));
    const runs = gates.map(({ task }) => admission.run(task, never));
    expect(await code(admission.run(() => Promise.resolve(), never))).toBe('OVERLOADED');
    expect(admission.inFlight).toBe(3);
    expect(log).toEqual(['a']);
    for (const each of gates) each.open();
    expect(await Promise.all(runs)).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['a', 'b', 'c']);
    expect(admission.inFlight).toBe(0);
  });

  it('passes the slot on when a task fails', async () => {
    const admission = createAdmission({ maxRunning: 1, maxQueued: 1 });
    const failing = admission.run(() => Promise.reject(new Error('no')), never).catch(() => 'failed');
    const next = admission.run(() => Promise.resolve('ran'), never);
    expect(await Promise.all([failing, next])).toEqual(['failed', 'ran']);
  });

  it('lets a waiting caller go', async () => {
    const log: string[] = [];
    const admission = createAdmission({ maxRunning: 1, maxQueued: 1 });
    const first = gate('a', log);
    const running = admission.run(first.task, never);
    const leaving = new AbortController();
    const waiting = code(admission.run(gate('b', log).task, leaving.signal));
    leaving.abort();
    expect(await waiting).toBe('CANCELLED');
    expect(await code(admission.run(gate('c', log).task, leaving.signal))).toBe('CANCELLED');
    expect(admission.inFlight).toBe(1);
    first.open();
    await running;
    expect(log).toEqual(['a']);
  });

  it('drains: refuses new tasks and waits for the admitted ones', async () => {
    const log: string[] = [];
    const admission = createAdmission({ maxRunning: 1, maxQueued: 1 });
    const gates = ['a', 'b'].map((value) => gate(value, log));
    const runs = gates.map(({ task }) => admission.run(task, never));
    let isDrained = false;
    const drained = admission.drain().then(() => {
      isDrained = true;
    });
    expect(await code(admission.run(() => Promise.resolve(), never))).toBe('DRAINING');
    expect(isDrained).toBe(false);
    for (const each of gates) each.open();
    await Promise.all(runs);
    await drained;
    expect(log).toEqual(['a', 'b']);
    await createAdmission({ maxRunning: 1, maxQueued: 0 }).drain();
  });
});
