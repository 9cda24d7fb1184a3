import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_OTLP_BYTES, parseOtlp } from './parse-otlp.js';
import { startSpanReceiver, type SpanReceiver } from './span-receiver.js';
import { createSpanStore, type SourcedSpan, type SpanStore } from './span-store.js';

const TRACE = 'a'.repeat(32);
const attributes = (values: Record<string, string>) => Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
const span = (change: Record<string, unknown> = {}) => ({
  traceId: TRACE,
  spanId: 'b'.repeat(16),
  name: 'selvedge.v1.Compute/Execute',
  kind: 2,
  startTimeUnixNano: '1700000000000000000',
  endTimeUnixNano: '1700000000012500000',
  status: {},
  attributes: attributes({ 'rpc.service': 'selvedge.v1.Compute', 'rpc.method': 'Execute', 'selvedge.code': 'OK' }),
  ...change,
});
const message = (...spans: unknown[]) => ({ resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 's' }, spans }] }] });
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

describe('parseOtlp', () => {
  it('reads what a call was, how it ended, when and how long', () => {
    expect(parseOtlp(bytes(message(span({ parentSpanId: 'c'.repeat(16) }))))).toEqual([
      { traceId: TRACE, spanId: 'b'.repeat(16), parentSpanId: 'c'.repeat(16), side: 'server', service: 'selvedge.v1.Compute', method: 'Execute', code: 'OK', startMs: 1_700_000_000_000, durationMs: 12.5 },
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['ids that are none', { traceId: 'x' }],
    ['an id that is no text', { spanId: { length: 16 } }],
    ['a kind that is no call', { kind: 1 }],
    ['a kind that is none', { kind: 1.5 }],
    ['a time that ends before it begins', { endTimeUnixNano: '1' }],
    ['a time that is no number', { startTimeUnixNano: '1e9' }],
    ['a time beyond all', { endTimeUnixNano: '9'.repeat(40) }],
    ['a method that is markup', { attributes: attributes({ 'rpc.service': 's', 'rpc.method': '<script>', 'selvedge.code': 'OK' }) }],
    ['no code', { attributes: attributes({ 'rpc.service': 's', 'rpc.method': 'm' }) }],
    ['a long name', { attributes: attributes({ 'rpc.service': 's'.repeat(200), 'rpc.method': 'm', 'selvedge.code': 'OK' }) }],
    ['many attributes', { attributes: attributes(Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${String(i)}`, 'v']))) }],
    ['a parent that is none', { parentSpanId: '' }],
  ])('leaves a span out that has %s, and takes the others', (_what, change) => {
    expect(parseOtlp(bytes(message(span(change), span())))).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['null', null],
    ['a list', []],
    ['no spans', { resourceSpans: 7 }],
    ['deep nesting', '['.repeat(100_000)],
    ['bytes that are no text', '\ud800'],
    ['too many spans', message(...Array.from({ length: 2_049 }, () => 0))],
    ['too many scopes', { resourceSpans: [{ scopeSpans: Array.from({ length: 17 }, () => ({ spans: [] })) }] }],
  ])('refuses %s', (what, value) => {
    const body = what === 'bytes that are no text' ? new Uint8Array([0xff, 0xfe]) : bytes(value);
    expect(() => parseOtlp(body)).toThrow(expect.objectContaining({ code: 'MALFORMED_MESSAGE' }));
  });

  it('refuses more than it takes, before it looks', () => {
    expect(() => parseOtlp(new Uint8Array(MAX_OTLP_BYTES + 1))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE' }));
  });
});

describe('the store', () => {
  it('hands over spans of followed traces, each once, and forgets the rest', () => {
    const store = createSpanStore();
    const seen: SourcedSpan[] = [];
    const [received] = parseOtlp(bytes(message(span())));
    store.add('compute-1', [received!]);
    const unfollow = store.follow(TRACE, (one) => seen.push(one));
    store.add('compute-1', [received!, { ...received!, traceId: 'd'.repeat(32) }]);
    store.add('compute-1', [received!]);
    unfollow();
    store.add('compute-1', [{ ...received!, spanId: 'e'.repeat(16) }]);
    expect(seen).toEqual([{ ...received, node: 'compute-1' }]);
  });

  it('takes so many spans of a trace and no more', () => {
    const store = createSpanStore();
    let count = 0;
    store.follow(TRACE, () => (count += 1));
    const [received] = parseOtlp(bytes(message(span())));
    for (let i = 0; i < 600; i += 1) store.add('n', [{ ...received!, spanId: String(i) }]);
    expect(count).toBe(512);
  });
});

describe('the receiver', () => {
  let store: SpanStore;
  let receiver: SpanReceiver;
  let seen: string[];
  beforeEach(async () => {
    store = createSpanStore();
    seen = [];
    store.follow(TRACE, ({ node }) => seen.push(node));
    receiver = await startSpanReceiver(store);
  });
  afterEach(() => receiver.close());

  const send = (url: string, { method = 'POST', body = JSON.stringify(message(span())), headers = {} }: { method?: string; body?: string; headers?: Record<string, string> } = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { method, headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      sent.on('error', reject);
      sent.end(body);
    });

  it('takes spans of a process of the network', async () => {
    expect(await send(receiver.endpoint('compute-1'))).toBe(200);
    expect(seen).toEqual(['compute-1']);
  });

  it.each<[string, (endpoint: string) => Promise<number>]>([
    ['whoever does not know its secret', (endpoint) => send(endpoint.replace(/\/[0-9a-f]{32}\//, `/${'0'.repeat(32)}/`))],
    ['a page', (endpoint) => send(endpoint, { headers: { origin: 'http://127.0.0.1:1' } })],
    ['a GET', (endpoint) => send(endpoint, { method: 'GET', body: '' })],
    ['a name that is none', (endpoint) => send(endpoint.replace('compute-1', 'Compute%2e'))],
  ])('refuses %s', async (_what, act) => {
    expect(await act(receiver.endpoint('compute-1'))).toBe(403);
    expect(seen).toEqual([]);
  });

  it('refuses what is malformed or too much, and lives on', async () => {
    expect(await send(receiver.endpoint('a'), { body: '{' })).toBe(400);
    expect(await send(receiver.endpoint('a'), { body: ' '.repeat(MAX_OTLP_BYTES + 1) }).catch(() => 413)).toBe(413);
    expect(await send(receiver.endpoint('a'))).toBe(200);
  });
});
