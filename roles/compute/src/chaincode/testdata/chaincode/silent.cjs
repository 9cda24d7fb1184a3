'use strict';
// Runs, but never listens.
setInterval(() => undefined, 1000);
