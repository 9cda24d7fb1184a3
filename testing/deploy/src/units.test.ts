import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOY, filesNamed, installedPrograms, serviceOf, textOf, tryProgram } from './deploy-files.js';

const FOLDER = path.join(DEPLOY, 'systemd');
const units = readdirSync(FOLDER).filter((file) => file.endsWith('.service'));
const environment = { SYSTEMD_UNIT_PATH: `${FOLDER}:/usr/lib/systemd/system:/lib/systemd/system` };
const hasAnalyze = tryProgram('systemd-analyze', ['--version']) !== undefined;
if (!hasAnalyze) process.stdout.write('skipped: systemd-analyze on the units, which is not on PATH\n');

/** Settings of a unit or drop-in, by section.name; repeated ones in order. */
function settingsOf(file: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  let section = '';
  for (const line of textOf(path.join('systemd', file)).split('\n')) {
    const [, header] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (header !== undefined) section = header;
    else if (name !== undefined) settings.set(`${section}.${name}`, [...(settings.get(`${section}.${name}`) ?? []), value ?? '']);
    else expect(line, file).toMatch(/^(?:#.*)?$/);
  }
  return settings;
}

let programs: ReadonlySet<string>;
beforeAll(async () => {
  programs = await installedPrograms();
});

describe('systemd units', () => {
  it('are there for every program, and start the one for production', () => {
    const named = units.map((file) => (settingsOf(file).get('Service.ExecStart') ?? []).join()).map((command) => /^\/usr\/bin\/node \/opt\/selvedge\/(\S+)$/.exec(command)?.[1] ?? command);
    for (const program of named) expect(programs).toContain(program);
    expect(named.map(serviceOf).sort()).toEqual([...new Set([...programs].map(serviceOf))].filter((service) => service !== 'selvedge').sort());
    for (const program of named) expect(programs.has(program.replace('.mjs', '.production.mjs')), program).toBe(false);
  });

  it.each(units)('%s has a user and a configuration of its own, and the state that this names', (file) => {
    const role = file.replace(/^selvedge-/, '').replace(/\.service$/, '');
    const settings = settingsOf(file);
    expect(settings.get('Service.User')).toEqual([`selvedge-${role}`]);
    expect(textOf('systemd/selvedge.sysusers.conf')).toMatch(new RegExp(`^u selvedge-${role} - `, 'm'));
    expect(settings.get('Service.Environment')).toEqual([`SELVEDGE_CONFIG=/etc/selvedge/${role}/config.json`]);
    expect(existsSync(path.join(DEPLOY, 'config', `${role}.json`))).toBe(true);
    const state = filesNamed(JSON.parse(textOf(`config/${role}.json`)), '/var/lib/selvedge/').filter((name) => name !== '/var/lib/selvedge/packages');
    expect(settings.get('Service.StateDirectory') ?? []).toEqual(state.map((name) => name.replace('/var/lib/', '')));
  });

  it('share a hardening that gives nothing away, and the compute node gets back namespaces alone', () => {
    const shared = settingsOf('selvedge-.service.d/10-hardening.conf');
    for (const name of ['NoNewPrivileges', 'PrivateDevices', 'PrivateTmp', 'ProtectHome', 'ProtectKernelTunables', 'RestrictNamespaces', 'RestrictSUIDSGID']) expect(shared.get(`Service.${name}`), name).toEqual(['yes']);
    expect(shared.get('Service.ProtectSystem')).toEqual(['strict']);
    expect(shared.get('Service.CapabilityBoundingSet')).toEqual(['']);
    expect(shared.get('Service.LimitCORE')).toEqual(['0']);
    // It would hide /proc/swaps from the check of swap.
    expect(shared.has('Service.ProcSubset')).toBe(false);
    expect([...settingsOf('selvedge-compute.service.d/20-chaincode.conf').keys()]).toEqual(['Service.RestrictNamespaces', 'Service.SystemCallFilter', 'Service.RestrictAddressFamilies', 'Service.TasksMax', 'Service.MemoryMax']);
  });

  it.skipIf(!hasAnalyze)('verify, and are little exposed, by systemd’s own measure', () => {
    for (const file of units) {
      const verified = tryProgram('systemd-analyze', ['verify', '--recursive-errors=no', path.join(FOLDER, file)], environment);
      // Programs are installed where they run, not here.
      expect((verified?.out ?? '').split('\n').filter((line) => line !== '' && !line.includes('is not executable')), file).toEqual([]);
      const rated = tryProgram('systemd-analyze', ['security', '--offline=yes', '--threshold=30', path.join(FOLDER, file)], environment);
      expect({ file, code: rated?.code }).toEqual({ file, code: 0 });
    }
  });
});
