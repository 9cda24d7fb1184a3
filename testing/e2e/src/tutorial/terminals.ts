import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The terminals of somebody who follows a page. */
export interface Terminals {
  /** Types commands in the first terminal, whose folder stays; resolves with all that they show. */
  run(commands: readonly string[]): Promise<{ readonly code: number | null; readonly shown: string }>;
  /** Types a command in a terminal of its own, in the folder of the first, and leaves it running. */
  start(terminal: string, command: string): void;
  /** What a running command has shown since it was last asked for. */
  shown(terminal: string): string;
  /** Forgets what a running command has shown so far. */
  clear(terminal: string): void;
  /** Whether a running command has ended by itself. */
  hasEnded(terminal: string): boolean;
  /** Presses Ctrl-C in every terminal, the last one first, and resolves with their exit codes. */
  endAll(): Promise<Readonly<Record<string, number | null>>>;
}

/** Opens a first terminal in a folder. @param scratch a folder for what the terminals note */
export function openTerminals(folder: string, scratch: string): Terminals {
  let directory = folder;
  const running = new Map<string, { readonly child: ChildProcess; shown: string; readonly ended: Promise<number | null> }>();
  const open = (script: string, name: string) => {
    // Its own process group, as a terminal's foreground job has: Ctrl-C goes to all of it.
    const child = spawn('bash', ['-c', script], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const entry = { child, shown: '', ended: new Promise<number | null>((resolve) => { child.once('close', resolve); }) };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { entry.shown += chunk.toString('utf8'); });
    running.set(name, entry);
    return entry;
  };
  const find = (terminal: string) => {
    const found = running.get(terminal);
    if (found === undefined) throw new Error(`no terminal ${terminal}`);
    return found;
  };
  return {
    async run(commands) {
      const place = path.join(scratch, 'place');
      const entry = open(['set -e', ...commands, `pwd > '${place}'`].join('\n'), 'first');
      const code = await entry.ended;
      running.delete('first');
      if (code === 0) directory = readFileSync(place, 'utf8').trim();
      return { code, shown: entry.shown };
    },
    start(terminal, command) {
      open(command, terminal);
    },
    shown: (terminal) => find(terminal).shown,
    clear(terminal) {
      find(terminal).shown = '';
    },
    hasEnded: (terminal) => isOver(find(terminal).child),
    async endAll() {
      const codes: Record<string, number | null> = {};
      for (const [terminal, { child, ended }] of [...running].reverse()) {
        if (!isOver(child) && child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
        codes[terminal] = await ended;
        running.delete(terminal);
      }
      return codes;
    },
  };
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
