import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chainEvent, EMPTY_CHAIN, isAuditHeadSigned, verifyAuditChain, type AuditEvent } from './audit-chain.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const refusal = (code: string) => expect.objectContaining({ code }) as Error;

function createLog(length: number, key = privateKey, change: Partial<AuditEvent> = {}) {
  const lines: string[] = [];
  let head = EMPTY_CHAIN;
  for (let i = 0; i < length; i += 1) {
    const next = chainEvent(head, { event: 'released', at: '2026-11-20T12:00:00.000Z', nodeId: `node-${String(i)}`, ...change }, key);
    lines.push(next.line.trimEnd());
    head = next.head;
  }
  return { lines, head };
}

describe('the audit chain', () => {
  const { lines, head } = createLog(5);
  const [a, b, c, d, e] = lines as [string, string, string, string, string];
  const verify = (log: readonly string[], anchor = EMPTY_CHAIN) => () => verifyAuditChain(log, publicKey, anchor);

  it('verifies as written, and against any earlier head, by public key alone', () => {
    expect(verify(lines)()).toEqual(head);
    const earlier = chainEvent(EMPTY_CHAIN, { event: 'released', at: '2026-11-20T12:00:00.000Z', nodeId: 'node-0' }, privateKey).head;
    expect(verify(lines, earlier)()).toEqual(head);
    expect(verify([])()).toEqual(EMPTY_CHAIN);
  });

  it('notices every change of any character', () => {
    const text = lines.join('\n');
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === '\n') continue;
      const changed = `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
      expect(verify(changed.split('\n')), `character ${String(at)}`).toThrow(expect.objectContaining({ code: expect.stringMatching(/^AUDIT_LOG_(EDITED|BROKEN|REORDERED)$/) as string }) as Error);
    }
  });

  it('tells an edited entry', () => {
    expect(verify([a, b.replace('node-1', 'node-7'), c, d, e])).toThrow(refusal('AUDIT_LOG_EDITED'));
  });

  it('tells an entry that was removed, doubled or moved', () => {
    for (const changed of [[b, c, d, e], [a, c, d, e], [a, a, b, c, d, e], [a, c, b, d, e]]) expect(verify(changed)).toThrow(refusal('AUDIT_LOG_REORDERED'));
  });

  it('tells entries that were renumbered after one was removed', () => {
    expect(verify([a, c.replace('"number":2', '"number":1'), d.replace('"number":3', '"number":2')])).toThrow(refusal('AUDIT_LOG_EDITED'));
  });

  it('tells that entries are missing at the end', () => {
    expect(verify(lines.slice(0, 3), head)).toThrow(refusal('AUDIT_LOG_TRUNCATED'));
    expect(verify([], head)).toThrow(refusal('AUDIT_LOG_TRUNCATED'));
  });

  it('tells another history of the same length by the same broker', () => {
    expect(verify(createLog(5, privateKey, { nodeId: 'other' }).lines, head)).toThrow(refusal('AUDIT_LOG_EDITED'));
  });

  it('tells a chain that a host wrote anew without the broker’s key', () => {
    expect(verify(createLog(5, stranger.privateKey).lines)).toThrow(refusal('AUDIT_LOG_EDITED'));
  });

  it.each(['', '{}', 'null', '[]', '{"number":0,"body":"","hash":"","signature":"zz"}', '"x"', `{"number":0,"body":"","hash":"","signature":"${'00'.repeat(81)}"}`])('refuses the line %s', (line) => {
    expect(verify([line])).toThrow(refusal('AUDIT_LOG_BROKEN'));
  });
});

describe('a signed head', () => {
  it('is the broker’s', () => {
    const { head } = createLog(2);
    expect(isAuditHeadSigned(head, publicKey)).toBe(true);
    expect(isAuditHeadSigned(head, stranger.publicKey)).toBe(false);
    expect(isAuditHeadSigned({ ...head, hash: new Uint8Array(32) }, publicKey)).toBe(false);
    expect(isAuditHeadSigned(EMPTY_CHAIN, publicKey)).toBe(true);
    expect(isAuditHeadSigned({ ...EMPTY_CHAIN, hash: new Uint8Array(32) }, publicKey)).toBe(false);
  });
});
