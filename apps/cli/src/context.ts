import type { Command } from 'commander';
import { openNetworkFolder, type NetworkFolder } from '@selvedge/dev-network';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { isFabricFolder } from './fabric/folder.js';
import { openFolder, type DefaultUser, type OpenFolder } from './open-folder.js';
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
  /** Whether --identity is given. */
  readonly hasIdentity: boolean;
  /** Prints a result: the value with --json, else the text. */
  print(value: unknown, text: string): void;
  /** Tells what happens meanwhile; not a result. */
  note(text: string): void;
  openFolder(): Promise<OpenFolder>;
  /** The folder of a development network; a deployment's on Fabric is refused. */
  openDevelopmentFolder(): Promise<NetworkFolder>;
  /** The identity of --identity. @param defaultUser who acts without it, of the first business organisation */
  identity(folder: OpenFolder, defaultUser?: DefaultUser): Promise<Signer>;
  /** The same, with the name that it has in the folder. */
  namedIdentity(folder: OpenFolder, defaultUser?: DefaultUser): Promise<{ readonly signer: Signer; readonly user: string }>;
}

export function createContext(command: Command, terminal: Terminal): CommandContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const isJson = options.json === true;
  const namedIdentity: CommandContext['namedIdentity'] = async (folder, defaultUser = 'client') => {
    if (options.identity === undefined) return { signer: await folder.defaultIdentity(defaultUser), user: folder.defaultName(defaultUser) };
    const [mspId, user, ...rest] = options.identity.split('/');
    if (mspId === undefined || mspId === '' || user === undefined || user === '' || rest.length > 0) throw new UsageError(`--identity ${options.identity}: MSP/user is expected, such as AuroraMSP/User1, or AuroraMSP/client on Fabric`);
    return { signer: await folder.identity(mspId, user), user };
  };
  return {
    directory: options.dir,
    isJson,
    hasIdentity: options.identity !== undefined,
    print(value, text) {
      terminal.out(isJson ? toJson(value) : text);
    },
    note(text) {
      terminal.err(text);
    },
    openFolder: () => openFolder(options.dir),
    openDevelopmentFolder() {
      if (!isFabricFolder(options.dir)) return openNetworkFolder(options.dir);
      throw new SelvedgeError('INVALID_CONFIGURATION', `${options.dir} is a deployment on Fabric: use the commands of "selvedge fabric"`, { role: 'cli' });
    },
    identity: async (folder, defaultUser) => (await namedIdentity(folder, defaultUser)).signer,
    namedIdentity,
  };
}
