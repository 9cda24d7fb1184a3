import { CODES } from '@selvedge/errors';
import { describe, expect, it } from 'vitest';
import { createMetrics, createMonitor, LABELS, METRICS, metricsOf, monitoringConfig } from './index.js';
import { boundLabels } from './label-bound.js';

const samplesOf = (text: string, name: string): string[] => text.split('\n').filter((line) => line.startsWith(name) && /[ {]/.test(line.charAt(name.length)));

describe('the catalogue', () => {
  it('names metrics as Prometheus wants them, with labels that are described', () => {
    for (const [name, { kind, labels }] of Object.entries(METRICS)) {
      expect(name).toMatch(/^selvedge_[a-z_]+$/);
      expect(name.endsWith('_total'), name).toBe(kind === 'counter');
      if (kind === 'histogram') expect(name).toMatch(/_seconds$/);
      for (const label of labels) expect(Object.keys(LABELS)).toContain(label);
    }
  });

  it('says of each role what it has', () => {
    expect(metricsOf('sequencer')).toContain('selvedge_queue_depth');
    expect(metricsOf('endorser')).not.toContain('selvedge_key_epoch');
  });
});

describe('metrics', () => {
  it('are of the role alone: those of others are ignored', async () => {
    const metrics = createMetrics('endorser');
    metrics.count('selvedge_key_requests_total', { code: 'OK' });
    metrics.read('selvedge_key_epoch', () => [{ labels: { contract: 'c' }, value: 1 }]);
    expect(await metrics.text()).not.toContain('selvedge_key');
  });

  it('are read when they are asked for: what is gone is absent, and what throws costs no other', async () => {
    const metrics = createMetrics('compute');
    let epochs = [{ labels: { contract: 'one' }, value: 3 }];
    metrics.read('selvedge_key_epoch', () => epochs);
    metrics.read('selvedge_ledger_height', () => [{ labels: {}, value: 7 }]);
    metrics.read('selvedge_ledger_view_age_seconds', () => { throw new Error('no view'); });
    metrics.read('selvedge_state_queries_total', () => [{ labels: {}, value: 12 }]);
    const first = await metrics.text();
    expect(samplesOf(first, 'selvedge_key_epoch')).toEqual(['selvedge_key_epoch{contract="one"} 3']);
    expect([samplesOf(first, 'selvedge_ledger_height'), samplesOf(first, 'selvedge_ledger_view_age_seconds')]).toEqual([['selvedge_ledger_height 7'], []]);
    epochs = [{ labels: { contract: 'two' }, value: 4 }];
    const second = await metrics.text();
    expect(samplesOf(second, 'selvedge_key_epoch')).toEqual(['selvedge_key_epoch{contract="two"} 4']);
    expect(samplesOf(second, 'selvedge_state_queries_total')).toEqual(['selvedge_state_queries_total 12']);
  });

  it('hold no label that is not a plain name', async () => {
    const metrics = createMetrics('compute');
    for (const code of ['a sentence with words', '', 'x'.repeat(129), '"} 1\nforged 2', '-----BEGIN', 'ключ', 'OK']) metrics.count('selvedge_refusals_total', { code });
    expect(samplesOf(await metrics.text(), 'selvedge_refusals_total')).toEqual(['selvedge_refusals_total{code="other"} 6', 'selvedge_refusals_total{code="OK"} 1']);
  });

  it('have room for every refusal code, and for no more than the bound', async () => {
    const bound = boundLabels(2);
    expect(['a', 'b', 'c', 'a'].map((code) => bound({ code }).code)).toEqual(['a', 'b', 'other', 'a']);
    const metrics = createMetrics('compute');
    for (const code of Object.keys(CODES)) metrics.count('selvedge_refusals_total', { code });
    expect(samplesOf(await metrics.text(), 'selvedge_refusals_total')).toHaveLength(Object.keys(CODES).length);
    for (let i = 0; i < 1_000; i += 1) metrics.count('selvedge_refusals_total', { code: `CODE${String(i)}` });
    expect(samplesOf(await metrics.text(), 'selvedge_refusals_total').length).toBeLessThanOrEqual(257);
  });

  it('time calls and count what they ended in', async () => {
    const { metrics, onCall } = createMonitor('compute', '1.2.3');
    const ended = onCall({ service: 'selvedge.v1.Compute', method: 'Execute', isStream: false });
    expect(await metrics.text()).toContain('selvedge_rpc_in_flight{service="selvedge.v1.Compute",method="Execute"} 1');
    ended('OVERLOADED');
    onCall({ service: 'selvedge.v1.Sequencer', method: 'Deliver', isStream: true })('OK');
    const text = await metrics.text();
    expect(text).toContain('selvedge_rpc_calls_total{service="selvedge.v1.Compute",method="Execute",code="OVERLOADED"} 1');
    expect(text).toContain('selvedge_rpc_call_seconds_count{service="selvedge.v1.Compute",method="Execute"} 1');
    expect(text).not.toContain('selvedge_rpc_call_seconds_count{service="selvedge.v1.Sequencer"');
    expect(text).toContain('selvedge_build_info{version="1.2.3"} 1');
  });
});

describe('the configuration of monitoring', () => {
  it.each(['127.0.0.1:0', '127.8.8.8:9464', '[::1]:9464'])('takes %s', (listen) => {
    expect(monitoringConfig.safeParse({ listen }).success).toBe(true);
  });
  it.each(['0.0.0.0:9464', '[::]:9464', '10.0.0.1:9464', '192.168.1.1:1'])('takes %s only where it is said to be exposed', (listen) => {
    expect([monitoringConfig.safeParse({ listen }).success, monitoringConfig.safeParse({ listen, exposed: true }).success]).toEqual([false, true]);
  });
  it.each(['localhost:1', '127.0.0.1', ':1', '127.0.0.1:65536', '127.1:1', 'unix:/tmp/a', '127.0.0.1:1:2', '', '[127.0.0.1:1'])('refuses %s', (listen) => {
    expect(monitoringConfig.safeParse({ listen, exposed: true }).success).toBe(false);
  });
});
