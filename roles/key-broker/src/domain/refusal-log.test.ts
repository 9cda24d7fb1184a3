import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditEvent } from '@selvedge/attestation';
import type { RefusalCode } from '@selvedge/errors';
import { createRefusalLog, type RefusalLog } from './refusal-log.js';

const START = Date.parse('2026-06-01T00:00:00Z');
const WINDOW_MS = 1_000;
let nowMs: number;
let events: AuditEvent[];
let log: RefusalLog;

beforeEach(() => {
  nowMs = 0;
  events = [];
  log = createRefusalLog({ append: (event) => void events.push(event), now: () => new Date(START + nowMs), clock: () => nowMs, windowMs: WINDOW_MS, maxEntriesPerWindow: 3 });
});

const event = (code: RefusalCode, nodeId: string): AuditEvent => ({ event: 'refused', at: new Date(START + nowMs).toISOString(), code, nodeId, operatorMspId: 'NorthMSP' });
const note = (code: RefusalCode, nodeId = 'node-1', isSenderKnown = true): void => { log.note({ code, isSenderKnown, event: () => event(code, nodeId) }); };
const times = (count: number, action: () => void): void => {
  for (let i = 0; i < count; i += 1) action();
};

describe('refusals in the audit log', () => {
  it('of a stranger are counted, in one entry for each window in which there were any', () => {
    times(10_000, () => { note('CHALLENGE_UNKNOWN', 'made up', false); });
    times(3, () => { note('EVIDENCE_MALFORMED', 'made up', false); });
    expect(events).toEqual([]);
    nowMs += WINDOW_MS;
    note('CHALLENGE_UNKNOWN', 'made up', false);
    expect(events).toEqual([{ event: 'refusals', at: '2026-06-01T00:00:01.000Z', since: '2026-06-01T00:00:00.000Z', refusals: ['CHALLENGE_UNKNOWN=10000', 'EVIDENCE_MALFORMED=3'] }]);
    nowMs += WINDOW_MS;
    log.settle();
    expect(events[1]).toMatchObject({ since: '2026-06-01T00:00:01.000Z', refusals: ['CHALLENGE_UNKNOWN=1'] });
    nowMs += WINDOW_MS;
    log.settle();
    expect(events).toHaveLength(2);
  });

  it('of a party that proved itself are there each by itself, once per window', () => {
    times(5, () => { note('TEE_REVOKED'); });
    note('PROFILE_MISMATCH');
    note('TEE_REVOKED', 'node-2');
    expect(events.map(({ code, nodeId }) => [code, nodeId])).toEqual([['TEE_REVOKED', 'node-1'], ['PROFILE_MISMATCH', 'node-1'], ['TEE_REVOKED', 'node-2']]);
    nowMs += WINDOW_MS;
    note('TEE_REVOKED');
    expect(events.slice(3)).toMatchObject([{ event: 'refusals', refusals: ['TEE_REVOKED=4'] }, { event: 'refused', code: 'TEE_REVOKED' }]);
  });

  it('are bounded also where a party gives itself many names, and are counted when it is limited', () => {
    let node = 0;
    times(50, () => { note('TEE_REVOKED', `node-${String((node += 1))}`); });
    times(7, () => { note('RATE_LIMITED'); });
    expect(events).toHaveLength(3);
    log.close();
    expect(events[3]).toMatchObject({ event: 'refusals', refusals: ['RATE_LIMITED=7', 'TEE_REVOKED=47'] });
    log.close();
    expect(events).toHaveLength(4);
  });
});
