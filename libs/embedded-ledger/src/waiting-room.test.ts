import { describe, expect, it } from 'vitest';
import { WaitingRoom } from './waiting-room.js';

describe('WaitingRoom', () => {
  const never = (): undefined => undefined;

  it('answers at once what is there, and looks once without a timeout', async () => {
    const room = new WaitingRoom(1);
    await expect(room.wait({ subject: 'a', ready: () => 1, timeoutMs: 1_000 })).resolves.toBe(1);
    await expect(room.wait({ subject: 'a', ready: never, timeoutMs: 0 })).resolves.toBeUndefined();
  });

  it('looks again when its subject is notified, and only then', async () => {
    const room = new WaitingRoom(2);
    const found: number[] = [];
    let looks = 0;
    const ready = (): number | undefined => {
      looks += 1;
      return found[0];
    };
    const waiting = room.wait({ subject: 'a', ready, timeoutMs: 10_000 });
    room.notify('b');
    expect(looks).toBe(1);
    room.notify('a');
    expect(looks).toBe(2);
    found.push(7);
    room.notify('a');
    await expect(waiting).resolves.toBe(7);
    room.notify('a');
    expect(looks).toBe(3);
  });

  it('ends by time, abort and close', async () => {
    const room = new WaitingRoom(10);
    await expect(room.wait({ subject: 'a', ready: never, timeoutMs: 5 })).resolves.toBeUndefined();
    const abort = new AbortController();
    const aborted = room.wait({ subject: 'a', ready: never, timeoutMs: 10_000, signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(room.wait({ subject: 'a', ready: never, timeoutMs: 1, signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    const closed = room.wait({ subject: 'a', ready: never, timeoutMs: 10_000 });
    room.close();
    await expect(closed).rejects.toMatchObject({ code: 'DRAINING' });
    await expect(room.wait({ subject: 'a', ready: never, timeoutMs: 1 })).rejects.toMatchObject({ code: 'DRAINING' });
  });

  it('refuses more than its limit, and counts those who left', async () => {
    const room = new WaitingRoom(1);
    const first = room.wait({ subject: 'a', ready: never, timeoutMs: 20 });
    await expect(room.wait({ subject: 'b', ready: never, timeoutMs: 20 })).rejects.toMatchObject({ code: 'OVERLOADED' });
    await first;
    await expect(room.wait({ subject: 'b', ready: never, timeoutMs: 1 })).resolves.toBeUndefined();
  });
});
