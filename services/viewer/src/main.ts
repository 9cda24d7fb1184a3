import { runService } from '@selvedge/service-kit';
import { viewerConfig } from './config.js';
import { startViewer } from './start.js';

await runService({ role: 'viewer', config: viewerConfig, start: startViewer });
