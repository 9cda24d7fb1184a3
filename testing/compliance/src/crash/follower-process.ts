import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { toHex } from '@selvedge/crypto';
import { createBlockSource, openFollower, openLedgerStore, validationCodeName } from '@selvedge/embedded-ledger';
import { verifySignedProfile } from '@selvedge/policy';
import { Sequencer } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { runService } from '@selvedge/service-kit';

// A follower as a process of its own, for crash tests. It prints a line for each transaction that it would acknowledge.
await runService({
  role: 'business',
  config: z.strictObject({ directory: z.string(), signedProfileFile: z.string(), sequencer: z.string() }),
  start: async ({ config, checkpoint, logger }) => {
    const connection = connectRpc(config.sequencer, { tls: 'off' });
    const follower = openFollower({
      store: openLedgerStore({ directory: config.directory }),
      profile: verifySignedProfile(await readFile(config.signedProfileFile)),
      blocks: createBlockSource(connection.client(Sequencer)),
      role: 'business',
      checkpoint,
      log: logger,
      onCommitted: ({ number, transactions }) => {
        for (const { txIds, code } of transactions) for (const txId of txIds) process.stdout.write(`${JSON.stringify({ committed: toHex(txId), code: validationCodeName(code), block: Number(number) })}\n`);
      },
    });
    follower.start();
    return {
      address: 'none',
      close: async () => {
        await follower.close();
        connection.close();
      },
    };
  },
});
