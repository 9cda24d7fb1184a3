import { createEmbeddedPlaintextStore } from './embedded.js';
import { createPostgresPlaintextStore } from './postgres.js';
import { describePlaintextStore } from './suite.js';

describePlaintextStore('embedded', () => Promise.resolve(createEmbeddedPlaintextStore()));
describePlaintextStore('PostgreSQL', createPostgresPlaintextStore);
