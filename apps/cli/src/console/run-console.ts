import type { ListenSetting, RunningConsole, SpanStore } from '@selvedge/console';
import type { CommandContext } from '../context.js';
import { openConsoleNetwork } from './console-network.js';
import { forgetPlace, notePlace } from './place-file.js';

/** Starts the console of a folder. Rejects with INVALID_CONFIGURATION. */
export async function runConsole(context: CommandContext, listen: ListenSetting, spans: SpanStore): Promise<RunningConsole> {
  const { startConsole } = await import('@selvedge/console');
  const console = await startConsole({ ...listen, network: await openConsoleNetwork(context), spans });
  try {
    await notePlace(context.directory, console.origin);
  } catch (error) {
    await console.close();
    throw error;
  }
  return {
    origin: console.origin,
    async close() {
      await forgetPlace(context.directory, console.origin);
      await console.close();
    },
  };
}
