import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseChannelConfig, type ChannelConfig } from '../discovery/channel-config.js';
import { runPeer } from './run-peer.js';
import type { LifecycleAdmin, PeerProgram } from './targets.js';

/** Fetches a channel's present configuration from the administrator's own peer. Throws FABRIC_COMMAND_FAILED or MALFORMED_MESSAGE. */
export async function fetchChannelConfig(program: PeerProgram, admin: LifecycleAdmin, channel: string): Promise<ChannelConfig> {
  const directory = await mkdtemp(join(tmpdir(), 'selvedge-config-'));
  try {
    const file = join(directory, 'config.block');
    await runPeer(program, admin, ['channel', 'fetch', 'config', file, '--channelID', channel]);
    return parseChannelConfig(new Uint8Array(await readFile(file)));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
