import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { machineFiles, type AttestationFiles } from '../attesters/files.js';

/** The other side of attestation's files, over a real tree of them: what Gramine or the kernel does when one is written. */
export interface AttestationTree {
  readonly folder: string;
  readonly files: AttestationFiles;
  /** Names of what was written or made, in order. */
  readonly log: string[];
  /** Runs right before a file is read. */
  beforeRead: (name: string, entry: string) => void;
  remove(): void;
}

function createTree(written: (file: string, content: Uint8Array) => void, made: (folder: string) => void): AttestationTree {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-attestation-'));
  const log: string[] = [];
  const tree: AttestationTree = {
    folder,
    log,
    beforeRead: () => undefined,
    remove() {
      rmSync(folder, { recursive: true, force: true });
    },
    files: {
      read(file, maxBytes) {
        tree.beforeRead(path.basename(file), path.dirname(file));
        return machineFiles.read(file, maxBytes);
      },
      async write(file, content) {
        await machineFiles.write(file, content);
        log.push(path.basename(file));
        written(file, content);
      },
      async makeFolder(entry) {
        await machineFiles.makeFolder(entry);
        log.push('mkdir');
        made(entry);
      },
      async removeFolder(entry) {
        // A kernel lets its own files go with the folder; an ordinary file system wants them gone before.
        for (const name of ['inblob', 'outblob', 'auxblob', 'provider', 'generation', 'privlevel']) rmSync(path.join(entry, name), { force: true });
        await machineFiles.removeFolder(entry);
        log.push('rmdir');
      },
    },
  };
  return tree;
}

/** Gramine's /dev/attestation. */
export function createGramineTree(quoteOf: (reportData: Uint8Array) => Uint8Array, type = 'dcap'): AttestationTree {
  const tree = createTree((file, content) => {
    if (path.basename(file) === 'user_report_data') writeFileSync(path.join(path.dirname(file), 'quote'), quoteOf(content));
  }, () => undefined);
  writeFileSync(path.join(tree.folder, 'attestation_type'), type);
  writeFileSync(path.join(tree.folder, 'user_report_data'), new Uint8Array(64));
  writeFileSync(path.join(tree.folder, 'quote'), '');
  return tree;
}

/** A kernel's configfs-tsm: every write counts, and the report follows inblob. */
export function createTsmTree(provider: string, reportOf: (reportData: Uint8Array, privilegeLevel: number) => { outblob: Uint8Array; auxblob?: Uint8Array }): AttestationTree {
  return createTree(
    (file, content) => {
      const entry = path.dirname(file);
      bumpGeneration(entry);
      if (path.basename(file) !== 'inblob') return;
      const { outblob, auxblob } = reportOf(content, Number(readFileSync(path.join(entry, 'privlevel'), 'utf8')));
      writeFileSync(path.join(entry, 'outblob'), outblob);
      writeFileSync(path.join(entry, 'auxblob'), auxblob ?? '');
    },
    (entry) => {
      mkdirSync(entry, { recursive: true });
      writeFileSync(path.join(entry, 'provider'), `${provider}\n`);
      writeFileSync(path.join(entry, 'generation'), '0\n');
      for (const name of ['inblob', 'outblob', 'auxblob']) writeFileSync(path.join(entry, name), '');
      writeFileSync(path.join(entry, 'privlevel'), '0');
    },
  );
}

/** What a write by anybody does. */
export function bumpGeneration(entry: string): void {
  const file = path.join(entry, 'generation');
  writeFileSync(file, `${String(BigInt(readFileSync(file, 'utf8').trim()) + 1n)}\n`);
}
