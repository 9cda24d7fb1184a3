import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Follow } from '../follow/follow.js';

const HEARTBEAT_MS = 10_000;

/** A follow's events as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), until it closes or the page goes away. */
export function streamFollow(context: Context, follow: Follow): Response {
  return streamSSE(context, async (stream) => {
    let writing: Promise<unknown> = Promise.resolve();
    const write = (text: string): void => { writing = writing.then(() => stream.write(text)).catch(() => undefined); };
    await new Promise<void>((resolve) => {
      const heartbeat = setInterval(() => { write(':\n\n'); }, HEARTBEAT_MS);
      const end = (): void => {
        clearInterval(heartbeat);
        unsubscribe();
        resolve();
      };
      let unsubscribe = (): unknown => undefined;
      stream.onAbort(end);
      unsubscribe = follow.subscribe({ onEvent: (event) => { write(`data: ${JSON.stringify(event)}\n\n`); }, onClose: end });
    });
    await writing;
  });
}
