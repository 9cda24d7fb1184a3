import { describe, expect, it } from 'vitest';
import { tracingSettings } from './settings.js';

const LOCAL = 'http://127.0.0.1:4318';

describe('OpenTelemetry’s variables', () => {
  it.each([
    ['nothing', {}],
    ['empty ones', { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_EXPORTER: ' ' }],
    ['no exporter', { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL }],
    ['the SDK disabled', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL }],
    ['a service’s name alone', { OTEL_SERVICE_NAME: 'a' }],
  ])('that say %s send no span', (_what, env) => {
    expect(tracingSettings(env)).toBeUndefined();
  });

  it('say where, under which name, and with which headers', () => {
    expect(tracingSettings({ OTEL_TRACES_EXPORTER: 'otlp' })?.endpoint).toBe(`${LOCAL}/v1/traces`);
    expect(tracingSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318/base' })?.endpoint).toBe('https://collector:4318/base/v1/traces');
    expect(tracingSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/own', OTEL_EXPORTER_OTLP_ENDPOINT: LOCAL, OTEL_SERVICE_NAME: 'n', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x, b=2' })).toEqual({
      endpoint: 'http://c/own',
      serviceName: 'n',
      headers: { authorization: 'Bearer x', b: '2' },
    });
  });

  it.each([
    ['another exporter', { OTEL_TRACES_EXPORTER: 'console' }],
    ['another protocol', { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
    ['no address', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' }],
    ['a file', { OTEL_EXPORTER_OTLP_ENDPOINT: 'file:///secret' }],
    ['a password', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:secret@b' }],
    ['a header without a value', { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_HEADERS: 'secret' }],
    ['a header with a line feed', { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_HEADERS: 'a=b\nsecret: c' }],
    ['a value that is not encoded', { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_HEADERS: 'a=%secret' }],
    ['too much', { OTEL_EXPORTER_OTLP_ENDPOINT: `http://a/${'secret'.repeat(1_000)}` }],
  ])('that say %s are refused, and not repeated', (_what, env) => {
    expect(() => tracingSettings(env)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.not.stringContaining('secret') as string }));
  });
});
