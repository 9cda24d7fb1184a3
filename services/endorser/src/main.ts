import { startEndorserNode } from '@selvedge/endorser';
import { runService } from '@selvedge/service-kit';
import { endorserConfig, readEndorserMaterial } from './config.js';

await runService({
  role: 'endorser',
  config: endorserConfig,
  start: ({ config, logger, checkpoint }) =>
    startEndorserNode({
      ...readEndorserMaterial(config),
      listen: config.listen,
      directory: config.directory,
      now: () => new Date(),
      checkpoint,
      log: logger,
    }),
});
