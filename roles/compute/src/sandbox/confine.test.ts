import { describe, expect, test } from 'vitest';
import { confine, fstabOf, type Confinement } from './confine.js';
import type { SandboxPlatform } from './layers.js';

const programs = { sh: '/bin/sh', unshare: '/usr/bin/unshare', mount: '/usr/bin/mount', setpriv: '/usr/bin/setpriv', prlimit: '/usr/bin/prlimit', ip: '/usr/bin/ip' };
const complete: SandboxPlatform = {
  missing: [], has: () => true, namespaces: ['--net', '--pid', '--fork', '--kill-child', '--ipc', '--uts', '--mount'], firstUid: 70_000, programs, libraries: [], permissionFlag: '--permission',
};
const confinement: Confinement = {
  command: ['/bin/node', 'x'], directory: '/chaincode', root: '/run/root', fstab: '/run/fstab', uid: 70_001, hasLoopback: false, tmpMiB: 0,
  limits: { maxMemoryMiB: 64, maxThreads: 8, maxOpenFiles: 16 },
};
const privileges = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--securebits=+noroot,+noroot_locked,+no_setuid_fixup,+no_setuid_fixup_locked'];

describe('the command line of a confined program', () => {
  test('as root: namespaces, set-up, limits, root, then another uid without privileges', () => {
    const command = confine(complete, confinement);
    expect(command.slice(0, 9)).toEqual(['/usr/bin/unshare', '--net', '--pid', '--fork', '--kill-child', '--ipc', '--uts', '--mount', '--']);
    expect(command.slice(12)).toEqual([
      'sh', '/run/fstab', '', 'yes',
      '/usr/bin/prlimit', '--core=0', '--fsize=0', '--nofile=16', `--data=${String(64 * 1024 * 1024)}`, '--memlock=0', '--msgqueue=0', '--nproc=8', '--',
      '/usr/bin/unshare', '--root=/run/root', '--wd=/chaincode', '--',
      '/bin/setpriv', '--reuid=70001', '--regid=70001', '--clear-groups', ...privileges,
      '/bin/node', 'x',
    ]);
  });

  test('as an ordinary user: no other uid, but none of the user namespace’s privileges either', () => {
    const command = confine({ ...complete, namespaces: ['--user', '--map-root-user', ...complete.namespaces], firstUid: undefined }, { ...confinement, uid: undefined });
    expect(command.slice(-7)).toEqual(['/bin/setpriv', ...privileges, '/bin/node', 'x']);
    expect(command).toContain('--nproc=8');
  });

  test('loopback only for those that need it', () => {
    expect(confine(complete, { ...confinement, hasLoopback: true })).toContain('/usr/bin/ip');
    expect(confine(complete, confinement)).not.toContain('/usr/bin/ip');
  });
});

test('every mount but a device’s is read-only, the root first; paths are escaped', () => {
  const text = fstabOf('/r', [{ source: '/a b', target: '/chaincode', kind: 'directory' }, { source: '/dev/null', target: '/dev/null', kind: 'device' }], 16);
  expect(text.split('\n')).toEqual([
    '/r /r none bind,ro,nosuid,nodev 0 0',
    '/a\\040b /r/chaincode none bind,ro,nosuid,nodev 0 0',
    '/dev/null /r/dev/null none bind 0 0',
    'tmpfs /r/tmp tmpfs size=16m,nr_inodes=1k,mode=1777,nosuid,nodev,noexec 0 0',
    '',
  ]);
});
