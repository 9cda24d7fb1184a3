import { startEndorserNode } from '@selvedge/endorser';
import { monitorFollower, runService } from '@selvedge/service-kit';
import { endorserConfig, readEndorserMaterial } from './config.js';

await runService({
  role: 'endorser',
  config: endorserConfig,
  start: async ({ config, logger, checkpoint, monitor }) => {
    const node = await startEndorserNode({
      ...readEndorserMaterial(config),
      listen: config.listen,
      directory: config.directory,
      now: () => new Date(),
      checkpoint,
      log: logger,
      onCall: monitor.onCall,
    });
    monitorFollower(monitor, node.follower);
    return node;
  },
});
