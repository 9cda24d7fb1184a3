import { TOKEN_HEADER, type ErrorBody, type FollowEvent, type RefusalView, type SignedIn } from '../../src/api.js';

/** What the server refused a call with. */
export class Refused extends Error {
  constructor(readonly refusal: RefusalView) {
    super(refusal.message);
  }
}

/** Of this tab alone, and of this port: a cookie is neither. */
const TOKEN = 'selvedge-console-token';

export function isSignedIn(): boolean {
  return sessionStorage.getItem(TOKEN) !== null;
}

export function forgetSession(): void {
  sessionStorage.removeItem(TOKEN);
}

/** Turns a sign-in link's secret into a session. Rejects with Refused. */
export async function redeem(link: string): Promise<void> {
  const { token } = await post<SignedIn>('sign-in/redeem', { link });
  sessionStorage.setItem(TOKEN, token);
}

export function get<T>(path: string): Promise<T> {
  return call<T>(path, { method: 'GET' });
}

export function post<T>(path: string, body: object): Promise<T> {
  return call<T>(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const answer = await send(path, init);
  return (await answer.json()) as T;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN);
  const answer = await fetch(`/api/${path}`, { ...init, credentials: 'same-origin', headers: { ...(init.headers as Record<string, string> | undefined), ...(token === null ? {} : { [TOKEN_HEADER]: token }) } });
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => undefined)) as ErrorBody | undefined;
  throw new Refused(body?.error ?? { code: 'UNAVAILABLE', role: 'console', message: `the console answered ${String(answer.status)}`, action: 'Look whether it still runs.' });
}

/** A thrown value as a refusal: what is none is the connection's. */
export function refusalOf(error: unknown): RefusalView {
  if (error instanceof Refused) return error.refusal;
  return { code: 'UNAVAILABLE', role: 'console', message: 'the console does not answer', action: 'Look whether "selvedge up" or "selvedge console serve" still runs.' };
}

/** Reads a request's events until they end. EventSource can send no header, and the cookie alone opens nothing. */
export async function readEvents(id: string, signal: AbortSignal, onEvent: (event: FollowEvent) => void): Promise<void> {
  const answer = await send(`requests/${encodeURIComponent(id)}/events`, { signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return;
    const blocks = (pending + chunk.value).split('\n\n');
    pending = blocks.pop() ?? '';
    for (const block of blocks) if (block.startsWith('data: ')) onEvent(JSON.parse(block.slice('data: '.length)) as FollowEvent);
  }
}
