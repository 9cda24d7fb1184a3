import { chainEvent, createBrokerRoot, EMPTY_CHAIN, type AuditHead } from '@selvedge/attestation';
import { toHex } from '@selvedge/crypto';
import { describe, expect, it } from 'vitest';
import { verifyLog } from './broker-audit.js';

const root = createBrokerRoot({ network: 'net', channel: 'chan', now: new Date() });
const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const heads: AuditHead[] = [EMPTY_CHAIN];
const lines: string[] = [];
for (let i = 0; i < 4; i += 1) {
  const { head, line } = chainEvent(heads.at(-1)!, { event: 'released', at: '2026-11-20T12:00:00.000Z', nodeId: `node-${String(i)}` }, root.privateKey);
  heads.push(head);
  lines.push(line);
}
const keep = ({ count, hash, signature }: AuditHead, over: object = {}) => Buffer.from(JSON.stringify({ count, hash: toHex(hash), signature: toHex(signature), rootCertificate: toHex(root.certificate), ...over }));
const log = (...of: string[]) => Buffer.from(of.join(''));
const [a, b, c, d] = lines as [string, string, string, string];

describe('broker audit verify', () => {
  it('accepts a log that has only grown since the head was kept', () => {
    expect(verifyLog(log(a, b, c, d), keep(heads[2]!))).toEqual({ count: 4, since: 2 });
    expect(verifyLog(log(a, b, '{"number":2'), keep(heads[2]!))).toEqual({ count: 2, since: 0 });
  });

  it('tells what was done to one', () => {
    expect(() => verifyLog(log(a, b), keep(heads[4]!))).toThrow(refusal('AUDIT_LOG_TRUNCATED'));
    expect(() => verifyLog(log(a, c, b, d), keep(heads[4]!))).toThrow(refusal('AUDIT_LOG_REORDERED'));
    expect(() => verifyLog(log(a, b.replace('node-1', 'node-9'), c, d), keep(heads[4]!))).toThrow(refusal('AUDIT_LOG_EDITED'));
    expect(() => verifyLog(log('rubbish\n'), keep(heads[4]!))).toThrow(refusal('AUDIT_LOG_BROKEN'));
  });

  it('refuses a head that is none, or that the root did not sign', () => {
    for (const head of ['', '{', 'null', '[]', '{"count":-1}']) expect(() => verifyLog(log(a), Buffer.from(head))).toThrow(refusal('INVALID_CONFIGURATION'));
    expect(() => verifyLog(log(a), keep(heads[1]!, { hash: toHex(heads[2]!.hash) }))).toThrow(refusal('INVALID_CONFIGURATION'));
    expect(() => verifyLog(log(a), keep(heads[1]!, { extra: 1 }))).toThrow(refusal('INVALID_CONFIGURATION'));
  });
});
