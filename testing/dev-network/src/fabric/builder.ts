import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@selvedge/service-kit/launch';

/** Name under which the peers know the builder. */
export const BUILDER_NAME = 'selvedge-ccaas';

// What Fabric calls an external builder: three programs, given folders as arguments.
const PROGRAMS: Readonly<Record<string, string>> = {
  // SOURCE METADATA: exit code 0 takes the package.
  detect: `#!/bin/sh
grep -Eq '"type"[[:space:]]*:[[:space:]]*"ccaas"' "$2/metadata.json"
`,
  // SOURCE METADATA OUTPUT: nothing is compiled; the package says where its server is.
  build: `#!/bin/sh
set -eu
cp "$1/connection.json" "$3/connection.json"
if [ -d "$1/META-INF" ]; then cp -R "$1/META-INF" "$3/META-INF"; fi
`,
  // OUTPUT RELEASE: the place where a peer looks for the server, and for CouchDB indexes.
  release: `#!/bin/sh
set -eu
umask 077
mkdir -p "$2/chaincode/server"
cp "$1/connection.json" "$2/chaincode/server/connection.json"
if [ -d "$1/META-INF/statedb" ]; then cp -R "$1/META-INF/statedb" "$2/statedb"; fi
`,
};

/** Writes the external builder for chaincode as a service: detect, build and release below bin/. */
export async function writeBuilder(directory: string): Promise<void> {
  for (const [name, text] of Object.entries(PROGRAMS)) {
    const file = join(directory, 'bin', name);
    await writeWhole(file, text);
    await chmod(file, 0o755);
  }
}
