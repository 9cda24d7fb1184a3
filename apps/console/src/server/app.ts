import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { SelvedgeError, withRole, type WireStatus } from '@selvedge/errors';
import type { ErrorBody } from '../api.js';
import { refusalView } from '../follow/refusal-view.js';
import type { Asset } from './assets.js';
import { verifyCallOrigin } from './check-request.js';
import { createConsoleActions, type ConsoleParts } from './console.js';
import { streamFollow } from './event-stream.js';
import { keyInput, MAX_BODY_BYTES, readInput, requestInput } from './inputs.js';
import { RESPONSE_HEADERS } from './response-headers.js';
import { createSignIn, type SignIn } from './sign-in-routes.js';

/** The console over HTTP. */
export interface ConsoleApp {
  readonly fetch: Hono['fetch'];
  readonly sessions: SignIn['sessions'];
}

/**
 * Every answer has the headers of RESPONSE_HEADERS; every call is checked for Host and Origin; every call below /api needs a session,
 * those of the sign-in apart.
 * @param input.origin scheme://host:port
 */
export function createApp(input: ConsoleParts & { readonly origin: string; readonly assets: ReadonlyMap<string, Asset> }): ConsoleApp {
  const { origin, assets, network, metrics, nowMs } = input;
  const actions = createConsoleActions(input);
  const signIn = createSignIn({ network, origin, nowMs, readBody });
  const app = new Hono();

  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(RESPONSE_HEADERS)) context.header(name, value);
    const header = (name: string): string | undefined => context.req.header(name);
    verifyCallOrigin({ method: context.req.method, host: header('host'), origin: header('origin'), fetchSite: context.req.path.startsWith('/api/') ? header('sec-fetch-site') : undefined }, origin);
    await next();
  });
  app.use('/api/*', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => { throw new SelvedgeError('MESSAGE_TOO_LARGE', `a call’s body has at most ${String(MAX_BODY_BYTES)} bytes`, { role: 'console' }); } }));
  app.use('/api/*', async (context, next) => {
    context.header('cache-control', 'no-store');
    await next();
  });
  app.route('/api/sign-in', signIn.routes);

  app.get('/api/session', async (context) => {
    const { content, endsAt } = signIn.verify(context);
    return context.json(await actions.session(content, endsAt));
  });
  app.post('/api/sign-out', (context) => {
    signIn.signOut(context);
    return context.json({});
  });
  app.get('/api/network', async (context) => {
    signIn.verify(context);
    return context.json(await actions.network());
  });
  app.get('/api/policy', async (context) => {
    signIn.verify(context);
    return context.json(await network.policy());
  });
  app.get('/api/metrics', async (context) => {
    signIn.verify(context);
    return context.json(await metrics.plots());
  });
  app.get('/api/refusals', async (context) => context.json(await actions.refusals(signIn.verify(context).content)));
  app.post('/api/requests', async (context) => {
    const { content } = signIn.verify(context);
    return context.json(await actions.send(content, readInput(requestInput, await readBody(context))));
  });
  app.get('/api/requests/:id/events', (context) => {
    const follow = signIn.verify(context).content.follow(context.req.param('id'));
    return follow === undefined ? context.notFound() : streamFollow(context, follow);
  });
  app.post('/api/views/:what{key|history}', async (context) => {
    const { content } = signIn.verify(context);
    const what = context.req.param('what') === 'history' ? 'history' : 'key';
    return context.json(await actions.view(content, what, readInput(keyInput, await readBody(context))));
  });

  app.get('/*', (context) => {
    const { path } = context.req;
    const asset = assets.get(path === '/' ? '/index.html' : path);
    if (asset === undefined) return context.notFound();
    return context.body(asset.body, 200, { 'content-type': asset.type, 'cache-control': asset.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache' });
  });
  app.notFound((context) => context.text('there is no such page\n', 404));
  app.onError((error, context) => {
    const refusal = withRole(error, 'console');
    return context.json({ error: refusalView(refusal) } satisfies ErrorBody, HTTP_STATUS[refusal.wireStatus], { ...RESPONSE_HEADERS, 'cache-control': 'no-store' });
  });
  return { fetch: app.fetch, sessions: signIn.sessions };
}

/** Throws MALFORMED_MESSAGE. */
async function readBody(context: Context): Promise<unknown> {
  if (context.req.header('content-type') !== 'application/json') throw new SelvedgeError('MALFORMED_MESSAGE', 'a call’s body is application/json', { role: 'console' });
  try {
    return JSON.parse(await context.req.text()) as unknown;
  } catch (error) {
    if (error instanceof SelvedgeError) throw error;
    throw new SelvedgeError('MALFORMED_MESSAGE', 'the call’s body is not JSON', { role: 'console' });
  }
}

/** As gRPC's statuses stand in HTTP (google.rpc.Code). */
const HTTP_STATUS: Readonly<Record<WireStatus, ContentfulStatusCode>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  UNAUTHENTICATED: 401,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 412,
  ABORTED: 409,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
  CANCELLED: 499 as ContentfulStatusCode,
  UNIMPLEMENTED: 501,
  DATA_LOSS: 500,
  INTERNAL: 500,
};
