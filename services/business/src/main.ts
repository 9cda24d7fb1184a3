import { startBusinessNode } from '@selvedge/business';
import { runService } from '@selvedge/service-kit';
import { businessConfig, readBusinessMaterial } from './config.js';

await runService({
  role: 'business',
  config: businessConfig,
  start: ({ config, logger, checkpoint }) =>
    startBusinessNode({
      ...readBusinessMaterial(config, process.env),
      listen: config.listen,
      directory: config.directory,
      keepHistory: config.keepHistory,
      now: () => new Date(),
      checkpoint,
      log: logger,
    }),
});
