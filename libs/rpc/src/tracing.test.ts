import { create } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { SelvedgeError } from '@selvedge/errors';
import { BlockSchema, Sequencer, SubmitAnswerSchema } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRpc, implement, startRpcServer, TRACEPARENT, type RpcConnection, type RpcServer } from './index.js';
import { traceClientCall, traceServerCall } from './tracing.js';

const CANARY = 'canary-4711';
const CALL = { service: 'selvedge.v1.Sequencer', method: 'Submit' };
const exporter = new InMemorySpanExporter();
let last: RpcServer;
let first: RpcServer;
let connections: RpcConnection[];
let calls: string[];
let answer: () => Promise<bigint>;

/** A server that hands each call on to the next one. */
async function start(submit: () => Promise<bigint>): Promise<RpcServer> {
  return startRpcServer({
    role: 'sequencer',
    tls: 'off',
    address: '127.0.0.1:0',
    onCall: ({ method, isStream }) => (code) => { calls.push(`${method} ${String(isStream)} ${code}`); },
    services: [
      implement(Sequencer, {
        submit: async () => create(SubmitAnswerSchema, { blockNumber: await submit() }),
        async *deliver({ fromBlock }) {
          yield await Promise.resolve(create(BlockSchema, { header: Uint8Array.of(1) }));
          if (fromBlock > 0n) throw new SelvedgeError('LEDGER_CORRUPT', CANARY);
        },
      }),
    ],
  });
}

function dial(server: RpcServer) {
  const connection = connectRpc(server.address, { tls: 'off' });
  connections.push(connection);
  return connection.client(Sequencer);
}

beforeEach(async () => {
  [connections, calls] = [[], []];
  answer = () => Promise.resolve(1n);
  last = await start(() => answer());
  const next = dial(last);
  first = await start(async () => (await next.submit({ transaction: Buffer.from(CANARY) })).blockNumber);
});
afterEach(async () => {
  for (const connection of connections) connection.close();
  await Promise.all([first.close(100), last.close(100)]);
});

const nameOf = ({ name, kind }: ReadableSpan): string => `${['internal', 'server', 'client'][kind] ?? ''} ${name}`;

describe('calls are told to whoever counts them', () => {
  it('with what they ended in', async () => {
    answer = () => Promise.reject(new SelvedgeError('OVERLOADED', CANARY));
    await expect(dial(first).submit({})).rejects.toMatchObject({ code: 'OVERLOADED' });
    answer = () => Promise.reject(new Error(CANARY));
    await expect(dial(last).submit({})).rejects.toMatchObject({ code: 'INTERNAL' });
    await dial(last).submit({}).catch(() => undefined);
    for await (const block of dial(last).deliver({ fromBlock: 0n })) expect(block.header).toHaveLength(1);
    expect(calls).toEqual(['Submit false OVERLOADED', 'Submit false OVERLOADED', 'Submit false INTERNAL', 'Submit false INTERNAL', 'Deliver true OK']);
  });
});

describe('without tracing', () => {
  it('no call carries a trace, and what callers send is handed on by nobody', async () => {
    const metadata = new Metadata();
    traceClientCall(CALL, metadata).end();
    expect(metadata.getMap()).toEqual({});
    await dial(first).submit({});
  });
});

describe('with tracing', () => {
  beforeEach(() => {
    exporter.reset();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  });
  afterEach(() => {
    trace.disable();
    context.disable();
  });

  it('the calls of one request hang below each other, across processes', async () => {
    await dial(first).submit({ transaction: Buffer.from(CANARY) });
    const spans = exporter.getFinishedSpans();
    expect(spans.map(nameOf)).toEqual(['server', 'client', 'server', 'client'].map((kind) => `${kind} selvedge.v1.Sequencer/Submit`));
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    for (const [i, span] of spans.entries()) expect(span.parentSpanContext?.spanId).toBe(spans[i + 1]?.spanContext().spanId);
  });

  it('a span holds names and a code, and nothing of a message or an error', async () => {
    answer = () => Promise.reject(new SelvedgeError('OVERLOADED', CANARY, { details: { CANARY }, cause: new Error(CANARY) }));
    await dial(first).submit({ transaction: Buffer.from(CANARY) }).catch(() => undefined);
    for await (const { header } of dial(last).deliver({ fromBlock: 0n })) if (header.length > 0) break;
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(6);
    for (const { attributes, events, links, status } of spans) {
      expect(Object.keys(attributes)).toEqual(['rpc.system', 'rpc.service', 'rpc.method', 'selvedge.code']);
      expect([events, links, status.message]).toEqual([[], [], undefined]);
    }
    expect(JSON.stringify(spans.map(({ name, attributes, status }) => ({ name, attributes, status })))).not.toContain(CANARY);
    expect(spans[0]?.attributes['selvedge.code']).toBe('OVERLOADED');
  });

  it.each([
    ['two values', ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01']],
    ['no traceparent', ['x'.repeat(4_000)]],
  ])('a caller’s %s begin a trace anew', (_what, values) => {
    const metadata = new Metadata();
    for (const value of values) metadata.add(TRACEPARENT, value);
    traceServerCall(CALL, metadata).end();
    expect(exporter.getFinishedSpans()[0]?.parentSpanContext).toBeUndefined();
  });

  it('takes and passes on nothing else that a caller sends', () => {
    const metadata = new Metadata();
    metadata.set(TRACEPARENT, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    metadata.set('tracestate', `vendor=${CANARY}`);
    metadata.set('baggage', `key=${CANARY}`);
    const sent = new Metadata();
    traceServerCall(CALL, metadata).run(() => {
      traceClientCall(CALL, sent).end();
    });
    expect(Object.keys(sent.getMap())).toEqual([TRACEPARENT]);
    expect(JSON.stringify(sent.getMap())).not.toContain(CANARY);
  });
});
