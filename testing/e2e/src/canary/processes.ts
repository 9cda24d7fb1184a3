import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** What Linux tells of running processes. A process that ends meanwhile has nothing to tell. */
function tolerant<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function allPids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function parentOf(pid: number): number {
  // The name in parentheses may hold anything; state and parent follow the last one.
  const stat = tolerant(() => readFileSync(`/proc/${String(pid)}/stat`, 'latin1'), '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** The given processes and all that they started. */
export function withDescendants(roots: readonly number[]): number[] {
  const parents = new Map(allPids().map((pid) => [pid, parentOf(pid)]));
  const family = new Set(roots);
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return [...family].filter((pid) => parents.has(pid));
}

/** Program and arguments, NUL-separated. */
export function commandLine(pid: number): Buffer {
  return tolerant(() => readFileSync(`/proc/${String(pid)}/cmdline`), Buffer.alloc(0));
}

/** The environment with which it was started. */
export function environment(pid: number): Buffer {
  return tolerant(() => readFileSync(`/proc/${String(pid)}/environ`), Buffer.alloc(0));
}

/** Largest core dump that it may leave behind, as the kernel prints the limit. */
export function coreLimit(pid: number): string {
  const limits = tolerant(() => readFileSync(`/proc/${String(pid)}/limits`, 'latin1'), '');
  return /^Max core file size\s+(\S+)/m.exec(limits)?.[1] ?? 'gone';
}

/** An open file descriptor. */
export interface Descriptor {
  readonly number: number;
  /** Path, or such as pipe:[inode] and socket:[inode]. */
  readonly target: string;
  /** Readable as a file, even after its name is gone. */
  readonly link: string;
}

export function descriptors(pid: number): Descriptor[] {
  const folder = `/proc/${String(pid)}/fd`;
  return tolerant(() => readdirSync(folder), []).flatMap((name) => {
    const link = `${folder}/${name}`;
    const target = tolerant(() => readlinkSync(link), '');
    return target === '' ? [] : [{ number: Number(name), target, link }];
  });
}

/** Open regular files, deleted ones included. */
export function openFiles(pid: number): Descriptor[] {
  return descriptors(pid).filter(({ link }) => tolerant(() => statSync(link).isFile(), false));
}

/** Processes that have this pipe open. */
export function holdersOf(target: string): number[] {
  return allPids().filter((pid) => descriptors(pid).some((descriptor) => descriptor.target === target));
}

/** A socket of one of the processes. */
export interface Socket {
  readonly pid: number;
  readonly protocol: 'tcp' | 'tcp6' | 'udp' | 'udp6' | 'unix';
  readonly isListening: boolean;
  /** host:port, or a path. */
  readonly local: string;
  readonly remote: string;
}

type OwnedSocket = Omit<Socket, 'pid'> & { readonly inode: string };

export function socketsOf(pids: readonly number[]): Socket[] {
  const known = new Map([...(['tcp', 'tcp6', 'udp', 'udp6'] as const).flatMap(internetSockets), ...unixSockets()].map((socket) => [socket.inode, socket]));
  return pids.flatMap((pid) =>
    descriptors(pid).flatMap(({ target }) => {
      const socket = known.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
      return socket === undefined ? [] : [{ pid, protocol: socket.protocol, isListening: socket.isListening, local: socket.local, remote: socket.remote }];
    }),
  );
}

function tableRows(name: string): string[][] {
  const table = tolerant(() => readFileSync(`/proc/net/${name}`, 'latin1'), '');
  return table.split('\n').slice(1).flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(/\s+/)]));
}

const LISTEN = '0A';

function internetSockets(protocol: 'tcp' | 'tcp6' | 'udp' | 'udp6'): OwnedSocket[] {
  return tableRows(protocol).map((row) => ({
    protocol,
    local: endpoint(row[1] ?? ''),
    remote: endpoint(row[2] ?? ''),
    isListening: row[3] === LISTEN,
    inode: row[9] ?? '',
  }));
}

/** The kernel prints each 32-bit word of an address in the host's byte order. */
function endpoint(printed: string): string {
  const [address = '', port = ''] = printed.split(':');
  const words = [...address.matchAll(/.{8}/g)].map(([word]) => [...Buffer.from(word, 'hex').reverse()]);
  const host = words.length === 1 ? (words[0] ?? []).join('.') : `[${Buffer.from(words.flat()).toString('hex')}]`;
  return `${host}:${String(parseInt(port, 16))}`;
}

/** __SO_ACCEPTCON of the kernel's include/uapi/linux/net.h. */
const ACCEPTS = 0x10000;

function unixSockets(): OwnedSocket[] {
  return tableRows('unix').map((row) => ({ protocol: 'unix', local: row[7] ?? '', remote: '', isListening: (parseInt(row[3] ?? '0', 16) & ACCEPTS) !== 0, inode: row[6] ?? '' }));
}
