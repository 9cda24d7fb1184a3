import { SelvedgeError } from '@selvedge/errors';
import { facts, listFacts } from '@selvedge/policy';
import { describe, expect, it } from 'vitest';
import { createMonitor } from '../monitoring/index.js';
import { monitorKeyHolder, type SeenKeys } from './key-holder-monitor.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const FACT = Uint8Array.of(1);
const FACTS = listFacts([facts.contract('diamonds'), facts.epoch('diamonds', 1n), facts.epoch('diamonds', 2n), facts.epoch('@channel', 1n)].map((key) => ({ key, value: FACT })));

function start() {
  const state: { height: bigint | undefined; keys: SeenKeys | undefined; now: Date } = { height: undefined, keys: undefined, now: NOW };
  const monitor = createMonitor('compute');
  monitor.readiness.require('started', () => undefined);
  const view = () => {
    if (state.height === undefined) throw new SelvedgeError('VIEW_QUORUM_UNREACHABLE', 'a text');
    return { ...FACTS, height: state.height, ageMs: () => 1_500 };
  };
  const told = monitorKeyHolder(monitor, { role: 'compute', view, keys: () => state.keys, now: () => state.now });
  const lines = async (name: string): Promise<string[]> => (await monitor.metrics.text()).split('\n').filter((line) => line.startsWith(name));
  return { state, told, lines, failed: () => monitor.readiness.failed() };
}

describe('a node that gets keys', () => {
  it('is ready with a view and keys, and says what it lacks by a code', () => {
    const { state, told, failed } = start();
    expect(failed()).toEqual([{ check: 'ledger-view', reason: 'VIEW_QUORUM_UNREACHABLE' }, { check: 'keys', reason: 'no keys yet' }]);
    state.height = 5n;
    told.onKeyFailure(new SelvedgeError('BROKER_LOCKED', 'a text'));
    expect(failed()).toEqual([{ check: 'keys', reason: 'BROKER_LOCKED' }]);
    state.keys = { notAfter: new Date(NOW.getTime() + 60_000) };
    told.onKeys();
    expect(failed()).toEqual([]);
    told.onKeyFailure(new Error('the broker is away'));
    expect(failed()).toEqual([]);
    state.now = new Date(NOW.getTime() + 60_000);
    expect(failed()).toEqual([{ check: 'keys', reason: 'the TEE certificate has ended' }]);
  });

  it('shows height, age, epochs, attestation and certificate, and nothing that it does not know', async () => {
    const { state, told, lines } = start();
    expect(await lines('selvedge_ledger_view_age_seconds')).toEqual([]);
    expect(await lines('selvedge_certificate_end')).toEqual([]);
    state.height = 5n;
    state.keys = { notAfter: NOW };
    told.onKeys();
    expect(await lines('selvedge_ledger_height')).toEqual(['selvedge_ledger_height 5']);
    expect(await lines('selvedge_ledger_view_age_seconds')).toEqual(['selvedge_ledger_view_age_seconds 1.5']);
    expect(await lines('selvedge_key_epoch')).toEqual(['selvedge_key_epoch{contract="@channel"} 1', 'selvedge_key_epoch{contract="diamonds"} 2']);
    const seconds = String(NOW.getTime() / 1_000);
    expect([await lines('selvedge_attestation_time'), await lines('selvedge_certificate_end')]).toEqual([[`selvedge_attestation_time_seconds ${seconds}`], [`selvedge_certificate_end_time_seconds ${seconds}`]]);
  });

  it('counts refusals by code, those under the response key together', async () => {
    const { told, lines } = start();
    for (const code of ['CHAINCODE_ERROR', 'ACCESS_DENIED']) told.onRefusal({ code, isSealed: true });
    told.onRefusal({ code: 'OVERLOADED', isSealed: false });
    told.onViewFailure(new SelvedgeError('VIEW_BEHIND', 'a text'));
    expect(await lines('selvedge_refusals_total')).toEqual(['selvedge_refusals_total{code="sealed"} 2', 'selvedge_refusals_total{code="OVERLOADED"} 1']);
    expect(await lines('selvedge_ledger_view_failures_total')).toEqual(['selvedge_ledger_view_failures_total{code="VIEW_BEHIND"} 1']);
  });
});
