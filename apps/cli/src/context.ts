import type { Command } from 'commander';
import { openNetworkFolder, type NetworkFolder } from '@selvedge/dev-network';
import type { Signer } from '@selvedge/identity';
import { toJson, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

interface GlobalOptions {
  readonly dir: string;
  readonly identity?: string;
  readonly json?: boolean;
}

/** What every command works with. */
export interface CommandContext {
  readonly directory: string;
  readonly isJson: boolean;
  /** Prints a result: the value with --json, else the text. */
  print(value: unknown, text: string): void;
  /** Tells what happens meanwhile; not a result. */
  note(text: string): void;
  openFolder(): Promise<NetworkFolder>;
  /** The identity of --identity. @param defaultUser who acts without it, of the first business organisation */
  identity(folder: NetworkFolder, defaultUser?: string): Promise<Signer>;
}

export function createContext(command: Command, terminal: Terminal): CommandContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const isJson = options.json === true;
  return {
    directory: options.dir,
    isJson,
    print(value, text) {
      terminal.out(isJson ? toJson(value) : text);
    },
    note(text) {
      terminal.err(text);
    },
    openFolder: () => openNetworkFolder(options.dir),
    identity(folder, defaultUser = 'User1') {
      if (options.identity === undefined) return folder.identity(folder.settings.businessOrganisations[0] ?? '', defaultUser);
      const [mspId, user, ...rest] = options.identity.split('/');
      if (mspId === undefined || mspId === '' || user === '' || rest.length > 0) throw new UsageError(`--identity ${options.identity}: MSP/user is expected, such as AuroraMSP/User1`);
      return folder.identity(mspId, user ?? defaultUser);
    },
  };
}
