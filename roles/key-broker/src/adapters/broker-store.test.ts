import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '@selvedge/crypto';
import { openBrokerStore, type BrokerStoreOptions } from './broker-store.js';
import { STATE_FILE } from './encrypted-store.js';
import { AUDIT_FILE } from './file-audit-log.js';

const refusal = (code: string) => expect.objectContaining({ code }) as Error;
const EVENT = { event: 'released', at: '2026-11-20T12:00:00.000Z', nodeId: 'node-1' } as const;
let root: string;
let options: BrokerStoreOptions;
let statePath: string;
let auditPath: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'selvedge-broker-'));
  const directory = join(root, 'broker', 'store');
  mkdirSync(join(root, 'unlock'));
  const unlockSecretFile = join(root, 'unlock', 'secret.hex');
  writeFileSync(unlockSecretFile, `${randomBytes(32).toString('hex')}\n`);
  options = { network: 'net', channel: 'chan', directory, unlockSecretFile, now: () => new Date('2026-11-20T12:00:00Z'), randomBytes };
  statePath = join(directory, STATE_FILE);
  auditPath = join(directory, AUDIT_FILE);
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Opens, records something, closes. */
function run(over: Partial<BrokerStoreOptions> = {}) {
  const opened = openBrokerStore({ ...options, ...over });
  opened.audit.append(EVENT);
  opened.audit.close();
  return opened.state;
}

function flip(path: string, at: number): void {
  const content = readFileSync(path);
  content[at] = (content[at] ?? 0) ^ 1;
  writeFileSync(path, content);
}

describe('the broker’s store', () => {
  it('has the same root secret, root key and certificate after a restart', () => {
    const first = run();
    const second = run();
    expect(toHex(second.rootSecret)).toBe(toHex(first.rootSecret));
    expect(toHex(second.rootCertificate)).toBe(toHex(first.rootCertificate));
    expect(second.rootKey.equals(first.rootKey)).toBe(true);
    expect(readFileSync(auditPath, 'utf8').split('\n')).toHaveLength(5);
  });

  it('remembers what was saved', () => {
    const { store, state, audit } = openBrokerStore(options);
    store.save({ ...state, recognised: true });
    audit.close();
    expect(run().recognised).toBe(true);
  });

  it('holds no secret in the clear', () => {
    const { rootSecret, rootKey } = run();
    const key = rootKey.export({ format: 'jwk' }).d ?? '';
    for (const path of [statePath, auditPath]) {
      const content = readFileSync(path);
      for (const secret of [Buffer.from(rootSecret), Buffer.from(key, 'base64url'), readFileSync(options.unlockSecretFile, 'utf8').trim()]) expect(content.includes(secret)).toBe(false);
      expect(content.includes(Buffer.from(rootSecret).toString('base64'))).toBe(false);
      expect(content.includes(Buffer.from(rootSecret).toString('hex'))).toBe(false);
    }
  });

  it('does not open with another unlock secret', () => {
    run();
    writeFileSync(options.unlockSecretFile, randomBytes(32).toString('hex'));
    expect(() => run()).toThrow(refusal('UNLOCK_FAILED'));
  });

  it('does not open with any byte of the state changed, cut off or added', () => {
    run();
    const good = readFileSync(statePath);
    for (let at = 0; at < good.length; at += 1) {
      flip(statePath, at);
      expect(() => run(), `byte ${String(at)}`).toThrow(refusal('UNLOCK_FAILED'));
      writeFileSync(statePath, good);
    }
    for (const length of [0, 7, 40, good.length - 1]) {
      writeFileSync(statePath, good.subarray(0, length));
      expect(() => run()).toThrow(refusal('UNLOCK_FAILED'));
    }
    writeFileSync(statePath, Buffer.concat([good, Buffer.of(0)]));
    expect(() => run()).toThrow(refusal('UNLOCK_FAILED'));
  });

  it('does not make a new root silently when the state is gone', () => {
    run();
    unlinkSync(statePath);
    expect(() => run()).toThrow(refusal('UNLOCK_FAILED'));
  });

  it('is of one network and channel', () => {
    run();
    expect(() => run({ network: 'other' })).toThrow(refusal('WRONG_NETWORK'));
    expect(() => run({ channel: 'other' })).toThrow(refusal('WRONG_CHANNEL'));
  });

  it('opens after a crash in the middle of a write', () => {
    const first = run();
    writeFileSync(`${statePath}.new`, 'half of it');
    appendFileSync(auditPath, '{"number":99,"bo');
    expect(toHex(run().rootSecret)).toBe(toHex(first.rootSecret));
    expect(toHex(run().rootSecret)).toBe(toHex(first.rootSecret));
  });
});

describe('the unlock secret', () => {
  const placed = (...path: string[]): string => {
    const file = join(root, ...path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, randomBytes(32).toString('hex'));
    return file;
  };

  it('must not lie inside the store directory, nor in a folder of it', () => {
    expect(() => run({ unlockSecretFile: placed('broker', 'store', 'secret.hex') })).toThrow(/inside the store/);
    expect(() => run({ unlockSecretFile: placed('broker', 'store', 'deep', 'secret.hex') })).toThrow(refusal('INVALID_CONFIGURATION'));
  });

  it('must not lie beside the store directory', () => {
    expect(() => run({ unlockSecretFile: placed('broker', 'secret.hex') })).toThrow(/beside the store/);
    expect(() => run({ unlockSecretFile: placed('broker', 'secret.hex') })).toThrow(refusal('INVALID_CONFIGURATION'));
  });

  it('must not lie there by way of a symbolic link either', () => {
    placed('broker', 'secret.hex');
    const link = join(root, 'unlock', 'link.hex');
    symlinkSync(join(root, 'broker', 'secret.hex'), link);
    expect(() => run({ unlockSecretFile: link })).toThrow(/beside the store/);
    const store = join(root, 'unlock', 'store');
    symlinkSync(join(root, 'broker', 'store'), store);
    expect(() => run({ directory: store, unlockSecretFile: placed('broker', 'secret.hex') })).toThrow(/beside the store/);
  });

  it('must be there and be 64 hexadecimal digits', () => {
    expect(() => run({ unlockSecretFile: join(root, 'unlock', 'none') })).toThrow(refusal('INVALID_CONFIGURATION'));
    for (const text of ['', 'abcd', 'g'.repeat(64), 'a'.repeat(65)]) {
      writeFileSync(options.unlockSecretFile, text);
      expect(() => run()).toThrow(refusal('INVALID_CONFIGURATION'));
    }
    expect(existsSync(statePath)).toBe(false);
  });
});

describe('the audit log', () => {
  const broken = refusal('AUDIT_LOG_BROKEN');

  it('is verified at every start: a changed byte stops it', () => {
    run();
    flip(auditPath, 60);
    expect(() => run()).toThrow(broken);
  });

  it('may not lose entries from before the last start', () => {
    run();
    run();
    const lines = readFileSync(auditPath, 'utf8').trimEnd().split('\n');
    writeFileSync(auditPath, `${lines.slice(0, -2).join('\n')}\n`);
    expect(() => run()).toThrow(broken);
    truncateSync(auditPath, 0);
    expect(() => run()).toThrow(broken);
    unlinkSync(auditPath);
    expect(() => run()).toThrow(broken);
  });

  it('may not be another broker’s', () => {
    run();
    const other = join(root, 'other', 'store');
    run({ directory: other });
    run({ directory: other });
    writeFileSync(auditPath, readFileSync(join(other, AUDIT_FILE)));
    expect(() => run()).toThrow(broken);
  });
});
