import { runService } from '@selvedge/service-kit';
import { keyBrokerConfig } from './config.js';
import { startKeyBroker } from './start.js';

await runService({ role: 'key-broker', config: keyBrokerConfig, start: startKeyBroker });
