import { createTestConsortium, createTestRevocation, type TestConsortium } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { listFacts, withRevocationLists, type Profile } from '@selvedge/policy';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TOKEN_HEADER } from '../api.js';
import type { ConsoleNetwork } from '../ports.js';
import { signInMessage } from '../sign-in/verify-sign-in.js';
import { createSpanStore } from '../tracing/span-store.js';
import { createApp, type ConsoleApp } from './app.js';

const ORIGIN = 'http://127.0.0.1:7420';
const HOUR = 3_600_000;
let consortium: TestConsortium;
let app: ConsoleApp;
let now: number;
let profile: Profile;
let held: Signer | undefined;

beforeAll(async () => {
  consortium = await createTestConsortium();
});

beforeEach(() => {
  now = consortium.now.getTime();
  profile = consortium.profile;
  held = consortium.organisation('AuroraMSP').client.signer;
  const absent = (): Promise<never> => Promise.reject(new Error('canary-4711'));
  const network: ConsoleNetwork = {
    network: consortium.network, channel: consortium.channel, ledger: 'embedded', isDevelopment: false,
    connectionProfile: absent, connect: absent,
    trust: () => Promise.resolve(profile),
    signer: () => Promise.resolve(held),
    look: () => Promise.resolve({ at: now, nodes: [], findings: [], unchecked: [] }),
    policy: absent,
    monitored: () => Promise.resolve([]),
    services: () => Promise.resolve(new Map()),
  };
  app = createApp({
    network,
    origin: ORIGIN,
    spans: createSpanStore(),
    ownSpans: { traced: (run) => run('0'.repeat(32)), close: () => undefined },
    metrics: { newest: () => Promise.resolve([]), plots: () => Promise.resolve({ intervalMs: 1, at: 0, plots: [] }), refusals: () => Promise.resolve([]), close: () => undefined },
    nowMs: () => now,
    assets: new Map([['/index.html', { type: 'text/html', body: new Uint8Array([60]), isImmutable: false }]]),
  });
});

type Headers = Readonly<Record<string, string>>;
const ask = async (path: string, headers: Headers = {}): Promise<Response> => app.fetch(new Request(`${ORIGIN}${path}`, { headers: { host: '127.0.0.1:7420', ...headers } }));
const send = async (path: string, body: unknown, headers: Headers = {}): Promise<Response> =>
  app.fetch(new Request(`${ORIGIN}${path}`, { method: 'POST', headers: { host: '127.0.0.1:7420', origin: ORIGIN, 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) }));
const codeOf = async (answer: Response): Promise<string> => ((await answer.json()) as { error: { code: string } }).error.code;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

async function challenge(): Promise<string> {
  return ((await (await send('/api/sign-in/challenge', {})).json()) as { challenge: string }).challenge;
}

async function prove(signer: Signer, given?: string): Promise<Response> {
  const value = given ?? (await challenge());
  const { network, channel } = consortium;
  return send('/api/sign-in/prove', { challenge: value, identity: base64(signer.serialized), signature: base64(signer.sign(signInMessage({ network, channel, origin: ORIGIN }, value))), user: 'User1' });
}

async function signIn(signer = consortium.organisation('AuroraMSP').client.signer): Promise<{ readonly cookie: string; readonly setCookie: string; readonly token: string; readonly link: string }> {
  const { link } = (await (await prove(signer)).json()) as { link: string };
  const answer = await send('/api/sign-in/redeem', { link });
  const setCookie = answer.headers.get('set-cookie') ?? '';
  return { setCookie, cookie: setCookie.split(';')[0] ?? '', token: ((await answer.json()) as { token: string }).token, link };
}
const both = ({ cookie, token }: { readonly cookie: string; readonly token: string }): Headers => ({ cookie, [TOKEN_HEADER]: token });

describe('sign-in', () => {
  it('leads from a signature to a session', async () => {
    const session = await signIn();
    expect(session.setCookie).toMatch(/^selvedge-console-7420=[0-9a-f]{64}; Max-Age=3600; Path=\/; HttpOnly; SameSite=Strict$/);
    const answer = await ask('/api/session', both(session));
    expect(await answer.json()).toMatchObject({ network: consortium.network, mspId: 'AuroraMSP', role: 'client', canSign: true });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('uses no key but the one that signed in', async () => {
    held = consortium.organisation('AuroraMSP').admin.signer;
    const session = await signIn();
    expect(await (await ask('/api/session', both(session))).json()).toMatchObject({ canSign: false });
    const sent = await send('/api/requests', { kind: 'query', contract: 'c', transaction: 'f', arguments: [], transient: {} }, both(session));
    expect([sent.status, await codeOf(sent)]).toEqual([412, 'SIGNING_KEY_ABSENT']);
  });

  it('takes a challenge once, a link once, and both in time', async () => {
    const { client } = consortium.organisation('AuroraMSP');
    const used = await challenge();
    expect((await prove(client.signer, used)).status).toBe(200);
    expect(await codeOf(await prove(client.signer, used))).toBe('SIGN_IN_LINK_SPENT');
    expect(await codeOf(await prove(client.signer, 'a'.repeat(64)))).toBe('SIGN_IN_LINK_SPENT');
    const { link } = await signIn();
    expect(await codeOf(await send('/api/sign-in/redeem', { link }))).toBe('SIGN_IN_LINK_SPENT');
    const old = await challenge();
    now += 60_000;
    expect(await codeOf(await prove(client.signer, old))).toBe('SIGN_IN_LINK_SPENT');
  });

  it('knows revoked certificates', async () => {
    const { signer } = consortium.organisation('AuroraMSP').client;
    profile = withRevocationLists(consortium.profile, listFacts([await createTestRevocation(consortium, 'AuroraMSP', [signer])]));
    expect(await codeOf(await prove(signer))).toBe('IDENTITY_REVOKED');
  });

  it('slows down whoever fails again and again', async () => {
    for (let i = 0; i < 10; i += 1) await send('/api/sign-in/redeem', { link: 'a'.repeat(64) });
    const { signer } = consortium.organisation('AuroraMSP').client;
    const answer = await prove(signer);
    expect([answer.status, await codeOf(answer)]).toEqual([429, 'RATE_LIMITED']);
    now += 60_001;
    expect((await prove(signer)).status).toBe(200);
  });

  it('ends by time and by sign-out', async () => {
    const [first, second] = [await signIn(), await signIn()];
    expect((await send('/api/sign-out', {}, both(first))).status).toBe(200);
    expect(await codeOf(await ask('/api/session', both(first)))).toBe('SIGN_IN_REQUIRED');
    now += HOUR;
    expect(await codeOf(await ask('/api/session', both(second)))).toBe('SIGN_IN_REQUIRED');
  });
});

describe('a call', () => {
  const READS = ['/api/session', '/api/network', '/api/policy', '/api/metrics', '/api/refusals', '/api/requests/1/events'];
  const CHANGES = ['/api/sign-out', '/api/requests', '/api/views/key', '/api/views/history'];

  it.each(READS)('to read %s needs cookie and token', async (path) => {
    const session = await signIn();
    for (const headers of [{}, { cookie: session.cookie }, { [TOKEN_HEADER]: session.token }]) {
      const answer = await ask(path, headers);
      expect([answer.status, await codeOf(answer)]).toEqual([401, 'SIGN_IN_REQUIRED']);
    }
  });

  it.each(CHANGES)('to %s needs cookie, token and the page’s origin', async (path) => {
    const session = await signIn();
    for (const headers of [{}, { cookie: session.cookie }, { [TOKEN_HEADER]: session.token }]) expect(await codeOf(await send(path, {}, headers))).toBe('SIGN_IN_REQUIRED');
    for (const origin of ['http://127.0.0.1:9', 'null', 'https://evil.example']) expect(await codeOf(await send(path, {}, { ...both(session), origin }))).toBe('ORIGIN_REFUSED');
  });

  it('with another host is refused, whatever it asks for', async () => {
    for (const path of ['/', '/api/session', '/api/sign-in/challenge']) expect((await ask(path, { host: 'rebound.example' })).status).toBe(403);
  });

  it.each<[string, string, Headers, number]>([
    ['is no JSON', '{', {}, 400],
    ['is too much', JSON.stringify({ link: 'x'.repeat(300_000) }), {}, 429],
    ['is a form', 'link=1', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['is something else', '{"link":7}', {}, 400],
  ])('whose body %s is refused', async (_what, body, headers, status) => {
    expect((await send('/api/sign-in/redeem', body, headers)).status).toBe(status);
  });

  it('for somebody else’s request finds nothing', async () => {
    expect((await ask('/api/requests/1/events', both(await signIn()))).status).toBe(404);
  });

  it('that fails unforeseen says so and no more', async () => {
    const answer = await ask('/api/policy', both(await signIn()));
    expect([answer.status, (await answer.text()).includes('canary-4711')]).toEqual([500, false]);
  });

  it('to a page is answered with a policy that lets nothing else in', async () => {
    const answers = [await ask('/'), await ask('/nowhere'), await ask('/api/session'), await ask('/../package.json'), await ask('/', { host: 'x' })];
    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'/);
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|data:|https?:/);
      expect([headers.get('x-content-type-options'), headers.get('referrer-policy'), headers.get('cross-origin-resource-policy')]).toEqual(['nosniff', 'no-referrer', 'same-origin']);
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 401, 404, 403]);
  });
});
