import { startBusinessNode } from '@selvedge/business';
import { monitorFollower, runService } from '@selvedge/service-kit';
import { businessConfig, readBusinessMaterial } from './config.js';

await runService({
  role: 'business',
  config: businessConfig,
  start: async ({ config, logger, checkpoint, monitor }) => {
    const node = await startBusinessNode({
      ...readBusinessMaterial(config, process.env),
      listen: config.listen,
      directory: config.directory,
      keepHistory: config.keepHistory,
      now: () => new Date(),
      checkpoint,
      log: logger,
      onCall: monitor.onCall,
    });
    monitorFollower(monitor, node.follower);
    return node;
  },
});
