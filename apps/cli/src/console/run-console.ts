import type { ListenSetting, SpanStore } from '@selvedge/console';
import type { CommandContext } from '../context.js';
import { openConsoleNetwork } from './console-network.js';
import { forgetPlace, notePlace } from './place-file.js';

/** A console that serves a folder's network. */
export interface FolderConsole {
  /** scheme://host:port */
  readonly origin: string;
  close(): Promise<void>;
}

/** Starts the console of a folder. Rejects with INVALID_CONFIGURATION. */
export async function runConsole(context: CommandContext, listen: ListenSetting, spans: SpanStore): Promise<FolderConsole> {
  const { startConsole } = await import('@selvedge/console');
  const console = await startConsole({ ...listen, network: await openConsoleNetwork(context), spans });
  await notePlace(context.directory, console.origin);
  return {
    origin: console.origin,
    async close() {
      await forgetPlace(context.directory);
      await console.close();
    },
  };
}
