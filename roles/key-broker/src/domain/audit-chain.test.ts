import { describe, expect, it } from 'vitest';
import { chainEvent, EMPTY_CHAIN, verifyChain, type AuditEvent } from './audit-chain.js';

const auditKey = new Uint8Array(32).fill(1);
const broken = expect.objectContaining({ code: 'AUDIT_LOG_BROKEN' }) as Error;

function createLog(length: number, key = auditKey, change: Partial<AuditEvent> = {}) {
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

  it('verifies as written, and against any earlier head', () => {
    expect(verifyChain(lines, auditKey, EMPTY_CHAIN)).toEqual(head);
    expect(verifyChain(lines, auditKey, createLog(3).head)).toEqual(head);
    expect(verifyChain([], auditKey, EMPTY_CHAIN)).toEqual(EMPTY_CHAIN);
  });

  it('notices every change of any character', () => {
    const text = lines.join('\n');
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === '\n') continue;
      const changed = `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
      expect(() => verifyChain(changed.split('\n'), auditKey, EMPTY_CHAIN), `character ${String(at)}`).toThrow(broken);
    }
  });

  it('notices an entry removed, doubled or moved', () => {
    const [a, b, c, d, e] = lines as [string, string, string, string, string];
    for (const changed of [[b, c, d, e], [a, c, d, e], [a, a, b, c, d, e], [a, c, b, d, e]]) {
      expect(() => verifyChain(changed, auditKey, EMPTY_CHAIN)).toThrow(broken);
    }
  });

  it('notices that entries are missing at the end', () => {
    expect(() => verifyChain(lines.slice(0, 3), auditKey, head)).toThrow(broken);
    expect(() => verifyChain([], auditKey, head)).toThrow(broken);
  });

  it('notices another history of the same length by the same broker', () => {
    expect(() => verifyChain(createLog(5, auditKey, { nodeId: 'other' }).lines, auditKey, head)).toThrow(broken);
  });

  it('notices a chain that a host wrote anew without the broker’s key', () => {
    expect(() => verifyChain(createLog(5, new Uint8Array(32)).lines, auditKey, EMPTY_CHAIN)).toThrow(broken);
  });

  it.each(['', '{}', 'null', '[]', '{"number":0,"body":"","hash":"","mac":"zz"}', '"x"'])('refuses the line %s', (line) => {
    expect(() => verifyChain([line], auditKey, EMPTY_CHAIN)).toThrow(broken);
  });
});
